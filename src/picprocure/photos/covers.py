"""Covers of events: small JPEGs made from a host's picture."""

from __future__ import annotations

import io
from typing import IO, Final

from picprocure.photos.intake import PhotoLimits, clean_photo, process_upload
from picprocure.photos.renditions import make_rendition

COVER_SIDE: Final = 1600


def read_cover(upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits) -> bytes:
    """Read an uploaded picture, and return a cover.

    Args:
        upload: The uploaded file.
        name: The file's name for error messages.
        size: The number of bytes that the upload should have.
        limits: The largest picture that is accepted.

    Raises:
        RefusedPhoto: The picture can't be used.
        Busy: All decoders were in use for too long.
    """
    return process_upload(_cover, upload, name=name, size=size, limits=limits)


def _cover(content: bytes, name: str, limits: PhotoLimits) -> bytes:
    clean = clean_photo(content, name, limits)
    return make_rendition(
        io.BytesIO(clean.content),
        name=clean.name,
        max_side=COVER_SIDE,
        max_pixels=limits.max_pixels,
    )
