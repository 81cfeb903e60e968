"""How much work a picture may be, and where each number comes from.

All are far above what cameras and programs write. Times were measured on one core of a shared
server (Pillow 13, libjpeg-turbo 3.2, libheif 1.23, libavif 1.4).
"""

from __future__ import annotations

from typing import Final

from picprocure.imaging.errors import TooCostly, TooLarge

MOST_SCANS: Final = 64
"""Passes of one JPEG. libjpeg and cameras write at most 10, libjpeg for CMYK 18; MozJPEG chooses
among 64 and keeps about 12."""

WHOLE_PASSES: Final = 18
"""Passes over a JPEG of the most pixels allowed, so that a smaller one may have more: as many as
libjpeg writes for CMYK. A pass takes up to 6 ms a megapixel, however few bytes it has: 11 s for 18
of 100 megapixels."""

PASSES_FOR: Final = 100_000_000
"""Pixels for which the passes are allowed at most, where more pixels are: by default the site's."""

MOST_SEGMENTS: Final = 10_000
"""Of one JPEG up to its end; cameras write fewer than 100, and 4 more for each pass."""

MOST_PARTS: Final = 100_000
"""Chunks, boxes or strips of one file: a PNG of 25 MB in chunks of 256 bytes has as many."""

MOST_ITEMS: Final = 4_096
"""Pictures in one HEIF or AVIF: a phone's photo of 48 megapixels is a grid of 192 tiles."""

PADDING: Final = 4
"""How many times a picture's pixels its tiles may have together. They reach beyond its edges: 2 by
1 of 4,096 pixels hold 4,100 by 3,000, which is 2.7 times as much."""

LEAST_TILED_PIXELS: Final = 4_194_304
"""Of which tiles may always have as many: a small TIFF may lie in one tile of 2,048 pixels."""

MOST_TAGS: Final = 4_096
"""Entries of one TIFF directory; cameras write fewer than 200."""

VALUES_TO_FILE: Final = 4
"""How many times the file's bytes all values of a directory may have: entries that share their
bytes make gigabytes of a small file."""


def ensure_pixels(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooLarge(width, height)


def ensure_parts(count: int, most: int = MOST_PARTS) -> None:
    if count > most:
        raise TooCostly(f"it has more than {most:,} parts")


def ensure_tiled_pixels(pixels: int, *, picture: int) -> None:
    """Both in pixels."""
    if pixels > max(PADDING * picture, LEAST_TILED_PIXELS):
        raise TooCostly(f"its tiles have {pixels:,} pixels in total, far more than the picture")
