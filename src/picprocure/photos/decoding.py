"""Opening pictures, in the words of those who refuse photos."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from picprocure.imaging import readers
from picprocure.imaging.errors import TooCostly, TooLarge
from picprocure.imaging.kinds import foreign_kind
from picprocure.photos.errors import TooCostlyPhoto, TooManyPixels, UnsupportedKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image


def opened(content: bytes, *, name: str, max_pixels: int) -> Image.Image:
    """A JPEG, PNG or WebP with its header read and its pixels still compressed.

    Raises TooManyPixels, TooCostlyPhoto, or one of `picprocure.imaging.pixels.DECODE_ERRORS`.
    """
    with costs_refused(name, max_pixels):
        image, _ = readers.opened(content, max_pixels)
    return image


@contextlib.contextmanager
def costs_refused(name: str, max_pixels: int) -> Iterator[None]:
    """Turn refusals of costly pictures into errors with a message for the uploader."""
    try:
        yield
    except TooLarge as error:
        raise TooManyPixels(
            name, width=error.width, height=error.height, max_pixels=max_pixels
        ) from error
    except TooCostly as error:
        raise TooCostlyPhoto(name, str(error)) from error


def unsupported(content: bytes, name: str) -> UnsupportedKind:
    """The refusal of a file that is no picture, or none of a kind that is taken."""
    foreign = foreign_kind(content, name)
    return UnsupportedKind(name, what=foreign.what, way_out=foreign.way_out)
