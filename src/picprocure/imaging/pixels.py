"""Helpers for decoding pictures with Pillow, for faces and renditions alike."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import Final

import numpy as np
from PIL import Image

from picprocure.imaging.loaded_image import Pixels

# Errors say what is wrong with a picture, and the caller limits its size, so warnings add nothing.
warnings.filterwarnings("ignore", module=r"PIL\.")

# All errors that Pillow's readers raise for damaged data. The bytes always come from memory, so an
# OSError never means a broken disk. A MemoryError isn't the picture's fault, so it isn't here.
DECODE_ERRORS: Final = (
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
    RuntimeError,
    AttributeError,
    ArithmeticError,
    Warning,  # where warnings are turned into errors
    Image.DecompressionBombError,
)

# Modes whose pixels are numbers of 32 bits.
NUMBERS_NOT_COLORS: Final = frozenset({"I", "F"})

_WHITE: Final = (255, 255, 255)


def fitting(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Return the size of a picture that is reduced to fit into a square of `max_side` pixels.

    The proportions are kept. Smaller pictures keep their size.
    """
    if max_side is None or max(width, height) <= max_side:
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def from_16_bit(image: Image.Image) -> Image.Image:
    """Convert mode I;16 or I;16B to 8-bit gray. Pillow's own conversion would clip to white."""
    upper = 0 if image.mode == "I;16B" else 1
    return Image.frombytes("L", image.size, image.tobytes()[upper::2])


def on_white(image: Image.Image) -> Image.Image:
    """Convert to RGB, with white where the picture is transparent."""
    layered = image.convert("RGBA")
    flat = Image.new("RGB", layered.size, _WHITE)
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def pixels_of(image: Image.Image) -> Pixels:
    """Copy a picture in RGB to an array.

    This copies some rows at a time, in memory that the allocator has ready. At 12 megapixels it
    takes half of the time of `numpy.array`, which requests 100 MB from the system.
    """
    width, height = image.size
    pixels: Pixels = np.empty((height, width, 3), dtype=np.uint8)
    rows = max(1, _BYTES_AT_A_TIME // (_PILLOW_BYTES_PER_PIXEL * width))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


_BYTES_AT_A_TIME: Final = 256 * 1024
"""64 KiB take 1.3 to 1.8 times as long. 1 MiB takes as long for 12 megapixels, and longer for 3."""

_PILLOW_BYTES_PER_PIXEL: Final = 4
