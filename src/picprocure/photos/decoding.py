"""Opening of pictures, with the errors of refused photos."""

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


def open_photo(content: bytes, *, name: str, max_pixels: int) -> Image.Image:
    """Open a JPEG, PNG or WebP: read its header, and leave its pixels compressed.

    Raises:
        TooManyPixels: The picture is larger than `max_pixels`.
        TooCostlyPhoto: Decoding would need too much memory or time.
        DECODE_ERRORS: The header can't be read (see `picprocure.imaging.pixels`).
    """
    with translate_cost_errors(name, max_pixels):
        image, _ = readers.opened(content, max_pixels)
    return image


@contextlib.contextmanager
def translate_cost_errors(name: str, max_pixels: int) -> Iterator[None]:
    """Turn errors about costly pictures into refusals with a message for the uploader."""
    try:
        yield
    except TooLarge as error:
        raise TooManyPixels(
            name, width=error.width, height=error.height, max_pixels=max_pixels
        ) from error
    except TooCostly as error:
        raise TooCostlyPhoto(name, str(error)) from error


def unsupported_kind(content: bytes, name: str) -> UnsupportedKind:
    """Return the refusal of a file that is not a picture of an accepted kind."""
    foreign = foreign_kind(content, name)
    return UnsupportedKind(name, description=foreign.description, way_out=foreign.way_out)
