"""From the bytes of a picture to upright RGB pixels."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import numpy as np
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from picprocure.faces.errors import ImageTooLarge, UnreadableImage
from picprocure.faces.types import LoadedImage, Pixels

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# The classes, not Image.open: that would accept every format it knows, and it weighs the
# dimensions itself, by a warning whose effect depends on process-wide filters. Here one limit
# counts, the caller's. JpegImageFile reads the first picture of a multi-picture file.
_READERS: Final[dict[bytes, type[JpegImageFile | PngImageFile | WebPImageFile]]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"RIFF": WebPImageFile,
}

# Everything that Pillow's readers let out on damaged data (the bytes come from memory, so an
# OSError here is Pillow's judgment, never the disk's).
_DECODE_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_UPRIGHT_BY: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDES_SWAPPED: Final = frozenset({5, 6, 7, 8})

_WHITE: Final = (255, 255, 255)


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
    except _DECODE_ERRORS as error:
        raise UnreadableImage(name, "it is damaged or incomplete") from error


def _opened(content: bytes, name: str) -> ImageFile:
    """The picture with its header read and its pixels still compressed."""
    if not content:
        raise UnreadableImage(name, "the file is empty")
    for magic, reader in _READERS.items():
        if content.startswith(magic):
            try:
                return reader(io.BytesIO(content))
            except _DECODE_ERRORS as error:
                raise UnreadableImage(name, "it is damaged or incomplete") from error
    raise UnreadableImage(name, "it is not a JPEG, PNG or WebP picture")


def _decoded(image: ImageFile, max_side: int | None) -> LoadedImage:
    width, height = image.size
    target = _fitting(width, height, max_side)
    image.draft(None, target)  # a JPEG decodes at 1/2, 1/4 or 1/8, never below the target
    image.load()
    orientation = _orientation(image)  # after load(): a PNG may carry it behind its pixels
    rgb = _as_rgb(image)
    if rgb.size != target:
        rgb = rgb.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if orientation in _UPRIGHT_BY:  # after shrinking: turning copies the whole picture
        rgb = rgb.transpose(_UPRIGHT_BY[orientation])
    if orientation in _SIDES_SWAPPED:
        width, height = height, width
    return LoadedImage(pixels=np.array(rgb, dtype=np.uint8), width=width, height=height)


def _fitting(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    if max_side is None or max(width, height) <= max_side:
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(image: ImageFile) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it makes no sense."""
    exif = Image.Exif()
    try:
        # Not getexif(): that also believes XMP, which browsers don't, and which cleaning removes.
        exif.load(image.info.get("exif", b""))
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except _DECODE_ERRORS:
        return 1
    return orientation if orientation in _UPRIGHT_BY else 1


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips at 255, which turns nearly everything white.
    values = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((values * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    layered = image.convert("RGBA")
    flat = Image.new("RGB", layered.size, _WHITE)
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """The picture enlarged by ``factor`` (reduced, when that is below 1)."""
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return pixels
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(resized, dtype=np.uint8)
