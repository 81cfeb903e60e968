"""Galleries as ZIP archives, made while they are sent."""

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
    """A photo of the archive may no longer be seen. The download is aborted."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is made while its chunks are read."""

    chunks: Iterator[bytes]
    size_bytes: int


def gallery_archive(*, visitor: Visitor, event: Event) -> Archive:
    """Return the originals of a gallery as an archive. At most one chunk is in memory.

    Access is checked again for each photo when it is read.

    Raises:
        AccessEnded: A photo may no longer be seen; while the archive is read. The announced size
            would be wrong without it.
    """
    archive = DatedZip()
    add_photos(archive, visitor, list(photos_visible_to(visitor, event).select_related("event")))
    return Archive(chunks=iter(archive), size_bytes=len(archive))


def add_photos(
    archive: DatedZip, visitor: Visitor, photos: Sequence[Photo], folder: str = ""
) -> None:
    """Add the originals of photos to an archive.

    Args:
        archive: The archive.
        visitor: The person who downloads it.
        photos: The photos, with their events.
        folder: The folder in the archive, ending with a slash.

    Raises:
        AccessEnded: A photo may no longer be seen; while the archive is read.
    """
    names = unique_names([photo.name for photo in photos])
    for photo, name in zip(photos, names, strict=True):
        archive.add_dated(
            _original_of(visitor, photo),
            f"{folder}{name}",
            size=photo.size_bytes,
            modified=file_time(photo),
        )


def file_time(photo: Photo) -> datetime:
    """Return the date of a downloaded file, in the event's time zone.

    It is when the photo was taken. If that is unknown, or if the event's downloads don't include
    it, it is when the photo was uploaded.
    """
    taken = photo.taken_at if photo.event.downloads_include_time else None
    return (taken or photo.uploaded_at).astimezone(photo.event.zone)


def _original_of(visitor: Visitor, photo: Photo) -> Iterator[bytes]:
    """Yield a photo's bytes, after checking access again.

    The bytes are those from when the download began, whose size was announced, even if the original
    was replaced since then (`files.discard_later`).

    Raises:
        AccessEnded: The photo may no longer be seen.
    """
    if not photos_granted_to(visitor).filter(pk=photo.pk).exists():
        raise AccessEnded("A photo of this archive was withdrawn during the download.")
    release_connection()
    with files.open_stored(photo.original_key) as original:
        yield from original.chunks(_CHUNK_BYTES)
