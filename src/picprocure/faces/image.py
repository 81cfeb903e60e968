"""From the bytes of a picture to upright RGB pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import numpy as np
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from picprocure.faces.errors import ImageTooLarge, UnreadableImage
from picprocure.faces.pictures import DECODE_ERRORS, UPRIGHT_BY, fitting, from_16_bit, on_white
from picprocure.faces.types import LoadedImage, Pixels

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

PHOTO_SUFFIXES: Final = frozenset({".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"})
"""How the names of files end that may be photos, in lower case."""

MAX_FILE_BYTES: Final = 256_000_000

# The classes, not Image.open: that would accept every format it knows, and it weighs the
# dimensions itself, by a warning whose effect depends on process-wide filters. Here one limit
# counts, the caller's. JpegImageFile reads the first picture of a multi-picture file.
_READERS: Final[dict[bytes, type[JpegImageFile | PngImageFile | WebPImageFile]]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"RIFF": WebPImageFile,
}

_SIDES_SWAPPED: Final = frozenset({5, 6, 7, 8})


def load_upright(
    source: IO[bytes] | Path, *, name: str, max_pixels: int, max_side: int | None = None
) -> LoadedImage:
    """Decode a JPEG, PNG or WebP to 8-bit RGB, turned as its EXIF orientation says.

    ``name`` is what the user calls the picture, for messages. The header's dimensions are held
    against ``max_pixels`` before anything is decoded. With ``max_side`` (pixels) a larger picture
    is reduced to it; none is enlarged. Transparent parts become white; 16-bit gray is scaled to
    8 bit; of an animation or a multi-picture file only the first picture is read.

    Raises ``UnreadableImage`` and ``ImageTooLarge``.
    """
    content = source.read_bytes() if isinstance(source, Path) else source.read()
    image = _opened(content, name)
    if image.width * image.height > max_pixels:
        raise ImageTooLarge(name, image.width, image.height, max_pixels)
    try:
        return _decoded(image, max_side)
    except DECODE_ERRORS as error:
        raise UnreadableImage(name, "it is damaged or incomplete") from error


def _opened(content: bytes, name: str) -> ImageFile:
    """The picture with its header read and its pixels still compressed."""
    if not content:
        raise UnreadableImage(name, "the file is empty")
    for magic, reader in _READERS.items():
        if content.startswith(magic):
            try:
                return reader(io.BytesIO(content))
            except DECODE_ERRORS as error:
                raise UnreadableImage(name, "it is damaged or incomplete") from error
    raise UnreadableImage(name, "it is not a JPEG, PNG or WebP picture")


def _decoded(image: ImageFile, max_side: int | None) -> LoadedImage:
    width, height = image.size
    target = fitting(width, height, max_side)
    image.draft(None, target)  # a JPEG decodes at 1/2, 1/4 or 1/8, never below the target
    image.load()
    orientation = _orientation(image)  # after load(): a PNG may carry it behind its pixels
    rgb = _as_rgb(image)
    if rgb.size != target:
        rgb = rgb.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if orientation in UPRIGHT_BY:  # after shrinking: turning copies the whole picture
        rgb = rgb.transpose(UPRIGHT_BY[orientation])
    if orientation in _SIDES_SWAPPED:
        width, height = height, width
    return LoadedImage(pixels=np.array(rgb, dtype=np.uint8), width=width, height=height)


def _orientation(image: ImageFile) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it makes no sense."""
    exif = Image.Exif()
    try:
        # Not getexif(): that also believes XMP, which browsers don't, and which cleaning removes.
        exif.load(image.info.get("exif", b""))
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except DECODE_ERRORS:
        return 1
    return orientation if orientation in UPRIGHT_BY else 1


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return from_16_bit(image).convert("RGB")
    if image.has_transparency_data:
        return on_white(image)
    return image.convert("RGB")


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """The picture enlarged by ``factor`` (reduced, when that is below 1)."""
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return pixels
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(resized, dtype=np.uint8)
