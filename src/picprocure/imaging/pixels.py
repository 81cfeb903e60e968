"""What everybody who decodes pictures with Pillow needs, for faces and renditions alike."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import Final

import numpy as np
from PIL import Image

from picprocure.imaging.loaded_image import Pixels

# What is wrong with a picture is said by an error, and how large one may be is the caller's to say.
warnings.filterwarnings("ignore", module=r"PIL\.")

# Everything that Pillow's readers let out on damaged data. The bytes always come from memory,
# so that an OSError is Pillow's judgment and never the disk's. A MemoryError is not the
# picture's fault and passes.
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
    """The size that fits into a square of `max_side` pixels, in proportion, never enlarged."""
    if max_side is None or max(width, height) <= max_side:
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def from_16_bit(image: Image.Image) -> Image.Image:
    """8-bit gray of mode I;16 or I;16B. Pillow's own conversion would clip to white."""
    upper = 0 if image.mode == "I;16B" else 1
    return Image.frombytes("L", image.size, image.tobytes()[upper::2])


def on_white(image: Image.Image) -> Image.Image:
    """RGB, with white where the picture is transparent."""
    layered = image.convert("RGBA")
    flat = Image.new("RGB", layered.size, _WHITE)
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def pixels_of(image: Image.Image) -> Pixels:
    """A picture in RGB as an array.

    A few rows at a time, in memory that the allocator has at hand: a third of the time of
    `numpy.array` at 12 megapixels, which asks the system for 100 MB in between.
    """
    width, height = image.size
    pixels: Pixels = np.empty((height, width, 3), dtype=np.uint8)
    rows = max(1, _BYTES_AT_A_TIME // (_PILLOW_BYTES_PER_PIXEL * width))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


_BYTES_AT_A_TIME: Final = 64 * 1024
"""glibc maps what has 128 KiB or more from the system anew each time."""

_PILLOW_BYTES_PER_PIXEL: Final = 4
