"""A person's gallery as one ZIP, made while it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from zipstream import ZIP_STORED, ZipStream

from picprocure.events.models import Event
from picprocure.galleries.access import Visitor, photos_visible_to
from picprocure.photos.names import unique_names
from picprocure.storage import files

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
    photos = list(photos_visible_to(visitor, event).values_list("id", "name", "size_bytes"))
    archive = ZipStream(sized=True, compress_type=ZIP_STORED)
    names = unique_names([name for _, name, _ in photos])
    for (photo_id, _, size_bytes), name in zip(photos, names, strict=True):
        archive.add(_original(visitor, event, photo_id), name, size=size_bytes)
    return Archive(chunks=iter(archive), size_bytes=len(archive))


def _original(visitor: Visitor, event: Event, photo_id: UUID) -> Iterator[bytes]:
    photo = photos_visible_to(visitor, event).filter(pk=photo_id).first()
    if photo is None:
        raise AccessEnded("A photo of this gallery was withdrawn during the download.")
    with files.open_stored(photo.original_key) as original:
        yield from original.chunks(_CHUNK_BYTES)
