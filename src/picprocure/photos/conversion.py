"""Conversion of photos that browsers can't display to JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image

from picprocure.imaging.cleaning.errors import Animated
from picprocure.imaging.pixels import DECODE_ERRORS, NUMBERS_NOT_COLORS
from picprocure.imaging.raw_preview import NoPreview
from picprocure.imaging.readers import Opened, UnknownKind, opened
from picprocure.photos.decoding import translate_cost_errors, unsupported_kind
from picprocure.photos.errors import AnimatedPhoto, DamagedPhoto, TooManyPixels
from picprocure.photos.renditions import as_jpeg, upright

QUALITY: Final = 92


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted photo. `width` and `height` are pixels of the upright picture."""

    content: bytes
    width: int
    height: int


def as_clean_jpeg(content: bytes, *, name: str, max_pixels: int) -> Converted:
    """Convert a HEIF, AVIF or TIFF, or the largest preview of a RAW file, to a JPEG.

    The JPEG is upright and in sRGB, has no metadata, and is white where the photo was transparent.
    If a file has several pictures, the first one is used.

    Args:
        content: The bytes of the file.
        name: The file's name for error messages.
        max_pixels: The largest picture that is decoded.

    Raises:
        UnsupportedKind: The file is of another kind.
        TooManyPixels: The picture is larger than `max_pixels`.
        TooCostlyPhoto: Decoding would need too much memory or time.
        AnimatedPhoto: The file is an animation.
        DamagedPhoto: The picture can't be read.
    """
    image, orientation = _opened(content, name, max_pixels)
    _check(image, name, max_pixels)
    try:
        picture = upright(image, orientation=orientation)
        _check(picture, name, max_pixels)  # some headers state a wrong size
        return Converted(as_jpeg(picture, QUALITY), *picture.size)
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its picture data cannot be decoded") from error


def _opened(content: bytes, name: str, max_pixels: int) -> Opened:
    try:
        with translate_cost_errors(name, max_pixels):
            return opened(content, max_pixels)
    except UnknownKind as error:
        raise unsupported_kind(content, name) from error
    except Animated as error:
        raise AnimatedPhoto(name) from error
    except NoPreview as error:
        raise DamagedPhoto(name, "there is no preview in this raw file") from error
    except DECODE_ERRORS as error:
        raise DamagedPhoto(name, "its header cannot be read") from error


def _check(image: Image.Image, name: str, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise TooManyPixels(name, width=width, height=height, max_pixels=max_pixels)
    if image.mode in NUMBERS_NOT_COLORS:
        raise DamagedPhoto(name, "its pixels are numbers of 32 bits, not colors")
