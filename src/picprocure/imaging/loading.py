"""Decode photos to upright RGB pixels."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Final

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from picprocure.imaging.cleaning import dimensions
from picprocure.imaging.cleaning.errors import Animated, CannotClean, RareForm
from picprocure.imaging.cleaning.exif import swaps_sides
from picprocure.imaging.errors import (
    FileTooLarge,
    ImageTooLarge,
    TooCostly,
    TooLarge,
    UnreadableImage,
)
from picprocure.imaging.kinds import PHOTO_SUFFIXES, accepted_kind
from picprocure.imaging.limits import MAX_FILE_BYTES
from picprocure.imaging.loaded_image import LoadedImage, Pixels
from picprocure.imaging.pixels import (
    DECODE_ERRORS,
    NUMBERS_NOT_COLORS,
    fitting,
    from_16_bit,
    on_white,
    pixels_of,
)
from picprocure.imaging.raw_preview import NoPreview
from picprocure.imaging.readers import Opened, UnknownKind, opened_as_stored
from picprocure.imaging.upright import orientation_of, turned_upright

__all__ = [
    "HALVED_FROM_SIDE",
    "MAX_FILE_BYTES",
    "PHOTO_SUFFIXES",
    "load_for_search",
    "load_upright",
    "scaled",
]

HALVED_FROM_SIDE: Final = 2560
"""Photos whose longer side has at least this many pixels are searched at half their size. A face of
32 pixels, the smallest that can be recognized, has 16 there."""


def load_upright(
    source: IO[bytes] | Path,
    *,
    name: str,
    max_pixels: int,
    max_side: int | None = None,
    max_bytes: int = MAX_FILE_BYTES,
) -> LoadedImage:
    """Decode a photo to 8-bit RGB, turned as its EXIF orientation says.

    Supports JPEG, PNG, WebP, HEIF, AVIF and TIFF. Of a RAW file, the largest preview is decoded and
    counts as the original. The kind comes from the content, not from the name.

    Transparent parts become white, and 16-bit colors are scaled to 8 bit. If a file has several
    pictures, the first one is decoded.

    Args:
        source: The file. A stream is read from its current position.
        name: What the user calls the picture, for messages.
        max_pixels: Larger pictures are refused before they are decoded.
        max_side: Pictures with a longer side, in pixels, are reduced to it. None are enlarged.
        max_bytes: Larger files are refused before they are read.

    Raises:
        UnreadableImage: The file is no whole photo of a supported kind.
        ImageTooLarge: The picture has more than `max_pixels`.
        FileTooLarge: The file has more than `max_bytes`.
        OSError: The file can't be read.
    """
    opened = _opened(_content(source, name, max_bytes), name, max_pixels)
    return _decoded(opened, name, max_pixels, max_side)


def _decoded(opened: Opened, name: str, max_pixels: int, max_side: int | None) -> LoadedImage:
    image, orientation = opened
    _check_dimensions(image.size, name, max_pixels)
    try:
        size = _load(image, max_side)
        _check_dimensions(size, name, max_pixels)
        return _upright(image, size, orientation, max_side)
    except DECODE_ERRORS as error:
        raise UnreadableImage(name, "it is damaged or incomplete") from error


def load_for_search(source: IO[bytes] | Path, *, name: str, max_pixels: int) -> LoadedImage:
    """Decode a photo like `load_upright`, but large JPEG files at half their size.

    This takes a third of the time. `LoadedImage.full_resolution` decodes the original for small
    faces.

    Raises:
        UnreadableImage: The file is no whole photo of a supported kind.
        ImageTooLarge: The picture has more than `max_pixels`.
        FileTooLarge: The file has more than `MAX_FILE_BYTES`.
        OSError: The file can't be read.
    """
    content = _content(source, name, MAX_FILE_BYTES)
    opened = _opened(content, name, max_pixels)
    longer = max(opened[0].size)
    if not isinstance(opened[0], JpegImageFile) or longer < HALVED_FROM_SIDE:
        return _decoded(opened, name, max_pixels, None)
    half = _decoded(opened, name, max_pixels, -(-longer // 2))
    whole = partial(load_upright, name=name, max_pixels=max_pixels)
    return replace(half, full_resolution=lambda: whole(io.BytesIO(content)).pixels)


def _content(source: IO[bytes] | Path, name: str, max_bytes: int) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _content(file, name, max_bytes)
    start = source.tell()
    size = source.seek(0, os.SEEK_END) - start
    source.seek(start)
    if size > max_bytes:
        raise FileTooLarge(name, size, max_bytes)
    return source.read(size)


def _opened(content: bytes, name: str, max_pixels: int) -> Opened:
    if not content:
        raise UnreadableImage(name, "the file is empty")
    try:
        kind = accepted_kind(content)
        if kind:  # before it is cleaned, which unfolds a PNG
            _check_dimensions(dimensions(content, kind), name, max_pixels)
        image, orientation = opened_as_stored(content, max_pixels)
    except TooLarge as error:
        raise ImageTooLarge(name, error.width, error.height, max_pixels) from error
    except TooCostly as error:
        raise UnreadableImage(name, str(error)) from error
    except UnknownKind as error:
        raise UnreadableImage(name, "it isn't in a format that PicProcure can read") from error
    except Animated as error:
        raise UnreadableImage(name, "it is an animation, not a single picture") from error
    except RareForm as error:
        raise UnreadableImage(name, f"it is {error}") from error
    except CannotClean as error:
        raise UnreadableImage(name, f"it is damaged: {error}") from error
    except NoPreview as error:
        raise UnreadableImage(name, "there is no preview in this RAW file") from error
    except DECODE_ERRORS as error:
        raise UnreadableImage(name, "it is damaged or incomplete") from error
    if image.mode in NUMBERS_NOT_COLORS:
        raise UnreadableImage(name, "its pixels are numbers of 32 bits, not colors")
    return image, orientation


def _check_dimensions(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableImage(name, "it has no pixels")
    if width * height > max_pixels:
        raise ImageTooLarge(name, width, height, max_pixels)


def _load(image: Image.Image, max_side: int | None) -> tuple[int, int]:
    """Decode the pixels, and return the full size. The header may have given another size."""
    size = image.size
    if isinstance(image, JpegImageFile):
        # It decodes at 1/2, 1/4 or 1/8, never below the target.
        image.draft(None, fitting(*size, max_side))
        image.load()
        return size
    image.load()
    return image.size


def _upright(
    image: Image.Image, size: tuple[int, int], orientation: int, max_side: int | None
) -> LoadedImage:
    """Return the picture in RGB, reduced and turned.

    Args:
        image: The decoded picture.
        size: The full size of the original, before it is turned.
        orientation: The orientation if the picture's own EXIF has none.
        max_side: The longer side of the result, in pixels.
    """
    orientation = orientation_of(image, default=orientation)
    target = fitting(*size, max_side)
    rgb = _as_rgb(image)
    if rgb.size != target:
        rgb = rgb.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    rgb = turned_upright(rgb, orientation)  # after shrinking: turning copies the whole picture
    width, height = reversed(size) if swaps_sides(orientation) else size
    return LoadedImage(pixels=pixels_of(rgb), width=width, height=height)


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return from_16_bit(image).convert("RGB")
    if image.has_transparency_data:
        return on_white(image)
    # convert() would copy a picture that is RGB already: 100 MB of 24 megapixels.
    return image if image.mode == "RGB" else image.convert("RGB")


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """Enlarge a picture by a factor, or reduce it if the factor is below 1."""
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return pixels
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return pixels_of(resized)
