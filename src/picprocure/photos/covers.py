"""The cover of an event: a small JPEG made from the host's picture."""

from __future__ import annotations

import io
from typing import IO, Final

from picprocure.photos.intake import PhotoLimits, checked, receive_as
from picprocure.photos.renditions import make_rendition

COVER_SIDE: Final = 1600


def read_cover(upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits) -> bytes:
    """Return the cover. Raises RefusedPhoto, and Busy when no decoder is free for too long."""
    return receive_as(_cover, upload, name=name, size=size, limits=limits)


def _cover(content: bytes, name: str, limits: PhotoLimits) -> bytes:
    clean = checked(content, name, limits)
    return make_rendition(
        io.BytesIO(clean.content),
        name=clean.name,
        max_side=COVER_SIDE,
        max_pixels=limits.max_pixels,
    )
