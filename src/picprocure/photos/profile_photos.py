"""Photos that people add of themselves. They are decoded, and the uploaded file is never stored."""

from __future__ import annotations

import io
from functools import partial
from typing import IO

from picprocure.imaging.errors import ImageTooLarge, UnreadableImage
from picprocure.imaging.kinds import Kind, kind_of
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from picprocure.imaging.sandboxed_loading import SentImage
from picprocure.photos.errors import DamagedPhoto, TooManyPixels
from picprocure.photos.intake import PhotoLimits, clean_photo, process_upload
from picprocure.photos.names import display_name


def read_portrait(
    upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits, max_side: int
) -> LoadedImage:
    """Load an uploaded JPEG, PNG, WebP or HEIC.

    Args:
        upload: The uploaded file.
        name: The file's name for error messages.
        size: The number of bytes that the upload should have.
        limits: The largest picture that is accepted.
        max_side: The picture is reduced to this width and height in pixels if it has more.

    Raises:
        RefusedPhoto: The picture can't be used.
        Busy: All decoders were in use for too long.
    """
    return process_upload(
        partial(_portrait, max_side=max_side), upload, name=name, size=size, limits=limits
    ).image


def _portrait(content: bytes, name: str, limits: PhotoLimits, *, max_side: int) -> SentImage:
    safe_name = display_name(name)
    if kind_of(content) is not Kind.HEIF:
        content = clean_photo(content, name, limits).content
    try:
        loaded = load_upright(
            io.BytesIO(content),
            name=safe_name,
            max_pixels=limits.max_pixels,
            max_side=max_side,
        )
    except ImageTooLarge as error:
        raise TooManyPixels(
            safe_name, width=error.width, height=error.height, max_pixels=limits.max_pixels
        ) from error
    except UnreadableImage as error:
        raise DamagedPhoto(safe_name, error.reason) from error
    return SentImage.of(loaded)
