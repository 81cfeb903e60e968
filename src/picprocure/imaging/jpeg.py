"""The cost of decoding a JPEG (ITU-T T.81): its size and number of passes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from picprocure.imaging.errors import TooCostly
from picprocure.imaging.limits import (
    MAX_PASSES_AT_FULL_SIZE,
    MAX_SCANS,
    MAX_SEGMENTS,
    PASS_BUDGET_PIXELS,
    ensure_parts,
    ensure_pixels,
)
from picprocure.imaging.tiff_directory import EXIF_PREFIX, ensure_small_exif

if TYPE_CHECKING:
    from collections.abc import Iterator

# Like libjpeg, skip everything between two parts, padding or junk, up to the next marker.
MARKER: Final = re.compile(rb"\xff([^\x00\xff])")
END_OF_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_START, _END, _SCAN, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class JpegCost:
    """The largest size of a frame in pixels, and the number of passes over the picture."""

    width: int
    height: int
    scans: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


class _Part(NamedTuple):
    marker: int
    body: bytes


def check_jpeg(content: bytes, max_pixels: int) -> None:
    """Check the cost of decoding a JPEG. Errors in the file are left to the decoder.

    Raises:
        TooLarge: It has more than `max_pixels`.
        TooCostly: It has too many parts or passes.
    """
    cost = jpeg_cost(content)
    ensure_pixels(cost.width, cost.height, max_pixels)
    ensure_passes(cost.scans, cost.scans * cost.pixels, max_pixels)


def ensure_passes(scans: int, pixels: int, max_pixels: int) -> None:
    """Raise TooCostly if a JPEG has too many passes.

    Args:
        scans: The number of passes.
        pixels: The pixels of all passes together.
        max_pixels: The largest picture that is allowed.
    """
    if scans > MAX_SCANS:
        raise TooCostly(f"a rare form of JPEG ({scans} passes; the limit is {MAX_SCANS})")
    budget = MAX_PASSES_AT_FULL_SIZE * min(max_pixels, PASS_BUDGET_PIXELS)
    if pixels > budget:
        max_scans = budget * scans // pixels
        raise TooCostly(
            f"a rare form of JPEG ({scans} passes; the limit at its size is {max_scans})"
        )


def jpeg_cost(content: bytes) -> JpegCost:
    """Return the cost of decoding a JPEG.

    Raises:
        TooCostly: It has too many parts to count.
    """
    width, height, scans = 0, 0, 0
    for part in _parts(content):
        if part.marker == _SCAN:
            scans += 1
        elif part.marker in _FRAMES:
            tall, wide = (int.from_bytes(part.body[at : at + 2], "big") for at in (1, 3))
            width, height = max((width, height), (wide, tall), key=_area)
        elif part.marker == _APP1 and part.body.startswith(EXIF_PREFIX):
            ensure_small_exif(part.body)
    return JpegCost(width, height, scans)


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _parts(content: bytes) -> Iterator[_Part]:
    """Yield the segments up to the end of the picture or of the file, without compressed data."""
    position, count = 0, 0
    while found := MARKER.search(content, position):
        marker, position = found.group(1)[0], found.end()
        count += 1
        ensure_parts(count, MAX_SEGMENTS)
        if marker == _END:
            return
        if marker in _WITHOUT_LENGTH:
            continue
        length = max(2, int.from_bytes(content[position : position + 2], "big"))
        yield _Part(marker, content[position + 2 : position + length])
        position += length
        if marker == _SCAN:
            end = END_OF_SCAN.search(content, position)
            if end is None:
                return
            position = end.start()
