"""Opening pictures with Pillow, for those who decode them."""

from __future__ import annotations

import contextlib
import io
from typing import IO, TYPE_CHECKING, Final

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from picprocure.imaging.errors import TooCostly, TooLarge
from picprocure.imaging.inspection import check
from picprocure.imaging.kinds import ImageKind
from picprocure.photos.errors import TooCostlyPhoto, TooManyPixels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.ImageFile import ImageFile

# The classes, not Image.open: that tries every format it knows, and judges the dimensions
# itself, by a warning whose effect depends on filters that the whole process shares.
_READERS: Final[dict[ImageKind, Callable[[IO[bytes]], ImageFile]]] = {
    ImageKind.JPEG: JpegImageFile,
    ImageKind.PNG: PngImageFile,
    ImageKind.WEBP: WebPImageFile,
}


def opened(content: bytes, kind: ImageKind, *, name: str, max_pixels: int) -> ImageFile:
    """The picture with its header read and its pixels still compressed.

    Raises TooManyPixels, TooCostlyPhoto, or one of `picprocure.faces.pictures.DECODE_ERRORS`.
    """
    with costs_refused(name, max_pixels):
        check(content, max_pixels=max_pixels)
    return _READERS[kind](io.BytesIO(content))


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
