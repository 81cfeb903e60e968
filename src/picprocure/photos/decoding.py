"""Opening pictures with Pillow, for those who decode them."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Final

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from picprocure.imaging.kinds import ImageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageFile import ImageFile

# The classes, not Image.open: that tries every format it knows, and judges the dimensions
# itself, by a warning whose effect depends on filters that the whole process shares.
_READERS: Final[dict[ImageKind, Callable[[IO[bytes]], ImageFile]]] = {
    ImageKind.JPEG: JpegImageFile,
    ImageKind.PNG: PngImageFile,
    ImageKind.WEBP: WebPImageFile,
}


def opened(content: bytes, kind: ImageKind) -> ImageFile:
    """The picture with its header read and its pixels still compressed.

    Raises one of `picprocure.faces.pictures.DECODE_ERRORS`.
    """
    return _READERS[kind](io.BytesIO(content))
