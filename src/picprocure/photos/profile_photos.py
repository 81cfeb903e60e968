"""Pictures that people add of themselves: decoded, never stored as they are."""

from __future__ import annotations

import io
from functools import partial
from typing import IO

from picprocure.imaging.confined_loading import SentImage
from picprocure.imaging.errors import ImageTooLarge, UnreadableImage
from picprocure.imaging.kinds import Kind, kind_of
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from picprocure.photos.errors import DamagedPhoto, TooManyPixels
from picprocure.photos.intake import PhotoLimits, checked, receive_as
from picprocure.photos.names import display_name


def read_portrait(
    upload: IO[bytes], *, name: str, size: int, limits: PhotoLimits, max_side: int
) -> LoadedImage:
    """Load a JPEG, PNG, WebP or HEIC, reduced to ``max_side`` pixels if it has more.

    Raises RefusedPhoto if it isn't a usable picture, and Busy when no decoder is free for too long.
    """
    return receive_as(
        partial(_portrait, max_side=max_side), upload, name=name, size=size, limits=limits
    ).image


def _portrait(content: bytes, name: str, limits: PhotoLimits, *, max_side: int) -> SentImage:
    shown = display_name(name)
    if kind_of(content) is not Kind.HEIF:
        content = checked(content, name, limits).content
    try:
        loaded = load_upright(
            io.BytesIO(content),
            name=shown,
            max_pixels=limits.max_pixels,
            max_side=max_side,
        )
    except ImageTooLarge as large:
        raise TooManyPixels(
            shown, width=large.width, height=large.height, max_pixels=limits.max_pixels
        ) from large
    except UnreadableImage as unreadable:
        raise DamagedPhoto(shown, unreadable.reason) from unreadable
    return SentImage.of(loaded)
