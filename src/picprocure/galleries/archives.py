"""A person's gallery as one ZIP, made while it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from picprocure.events.models import Event
from picprocure.galleries.access import Visitor, photos_granted_to, photos_visible_to
from picprocure.galleries.dated_zip import DatedZip
from picprocure.photos.models import Photo
from picprocure.photos.names import unique_names
from picprocure.storage import files
from picprocure.storage.connections import release_connection

_CHUNK_BYTES = 256 * 1024


class AccessEnded(Exception):
    """A photo of the archive may no longer be seen; the download breaks off."""


@dataclass(frozen=True, slots=True)
class Archive:
    chunks: Iterator[bytes]
    size_bytes: int


def gallery_archive(*, visitor: Visitor, event: Event) -> Archive:
    """Stream the originals of a gallery; never more than one chunk is in memory.

    The rule is asked again for each file when its turn comes. A photo that was withdrawn
    meanwhile breaks the download off, since the size of what was announced can't be kept.
    """
    archive = DatedZip()
    add_photos(archive, visitor, list(photos_visible_to(visitor, event).select_related("event")))
    return Archive(chunks=iter(archive), size_bytes=len(archive))


def add_photos(
    archive: DatedZip, visitor: Visitor, photos: Sequence[Photo], folder: str = ""
) -> None:
    """``folder`` ends with a slash, if there is one. Reading may raise AccessEnded."""
    names = unique_names([photo.name for photo in photos])
    for photo, name in zip(photos, names, strict=True):
        archive.add_dated(
            _original_of(visitor, photo),
            f"{folder}{name}",
            size=photo.size_bytes,
            modified=file_time(photo),
        )


def file_time(photo: Photo) -> datetime:
    """Return the date of a downloaded file in the event's time zone: when the photo was taken.

    If that is unknown, or the event doesn't tell it, it is when the photo was uploaded.
    """
    taken = photo.taken_at if photo.event.downloads_include_time else None
    return (taken or photo.uploaded_at).astimezone(photo.event.zone)


def _original_of(visitor: Visitor, photo: Photo) -> Iterator[bytes]:
    """A photo's bytes for an archive, once it is its turn: the rule is asked again.

    Raises AccessEnded.
    """
    granted = photos_granted_to(visitor).filter(pk=photo.pk).first()
    if granted is None:
        raise AccessEnded("A photo of this archive was withdrawn during the download.")
    release_connection()
    with files.open_stored(granted.original_key) as original:
        yield from original.chunks(_CHUNK_BYTES)
