"""Limits on the work that a picture may take, with where each number comes from.

All limits are far above what cameras and programs write. Times were measured on one core of a
shared server (Pillow 13, libjpeg-turbo 3.2, libheif 1.23, libavif 1.4).
"""

from __future__ import annotations

from typing import Final

from picprocure.imaging.errors import TooCostly, TooLarge

MAX_FILE_BYTES: Final = 256_000_000
"""More than a RAW file of 100 megapixels takes, or a TIFF of 24 in any form."""

MAX_SCANS: Final = 64
"""Passes of one JPEG. libjpeg and cameras write at most 10, libjpeg for CMYK 18; MozJPEG chooses
among 64 and keeps about 12."""

MAX_PASSES_AT_FULL_SIZE: Final = 18
"""Passes over a JPEG with the most allowed pixels. Smaller ones may have more. libjpeg writes this
many for CMYK. A pass takes up to 6 ms for each megapixel, however few bytes it has: 11 s for 18
passes of 100 megapixels."""

PASS_BUDGET_PIXELS: Final = 100_000_000
"""The most pixels that the budget of passes is computed for, even if more are allowed: the site's
default."""

MAX_SEGMENTS: Final = 10_000
"""Segments of one JPEG up to its end. Cameras write fewer than 100, and 4 more for each pass."""

MAX_PARTS: Final = 100_000
"""Chunks, boxes or strips of one file: a PNG of 25 MB in chunks of 256 bytes has as many."""

MAX_ITEMS: Final = 4_096
"""Pictures in one HEIF or AVIF: a phone's photo of 48 megapixels is a grid of 192 tiles."""

PADDING: Final = 4
"""All tiles together may have up to this many times the picture's pixels. Tiles reach beyond its
edges: 2 by 1 tiles of 4,096 pixels hold a picture of 4,100 by 3,000, and have 2.7 times its
pixels."""

MIN_TILED_PIXELS: Final = 4_194_304
"""Tiles may always have this many pixels: a small TIFF may be one tile of 2,048 by 2,048."""

MAX_TAGS: Final = 4_096
"""Entries of one TIFF directory. Cameras write fewer than 200."""

VALUES_TO_FILE: Final = 4
"""All values of a directory may have this many times the file's bytes. Entries that share the same
bytes turn a small file into gigabytes."""


def ensure_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise TooLarge if a picture has more pixels than are allowed."""
    if width * height > max_pixels:
        raise TooLarge(width, height)


def ensure_parts(count: int, max_parts: int = MAX_PARTS) -> None:
    """Raise TooCostly if a file has more parts than are allowed."""
    if count > max_parts:
        raise TooCostly(f"it has more than {max_parts:,} parts")


def ensure_tiled_pixels(pixels: int, *, picture: int) -> None:
    """Raise TooCostly if the tiles have too many pixels for the picture.

    Args:
        pixels: The pixels of all tiles together.
        picture: The pixels of the picture that they make.
    """
    if pixels > max(PADDING * picture, MIN_TILED_PIXELS):
        raise TooCostly(f"its tiles have {pixels:,} pixels in total, far more than the picture")
