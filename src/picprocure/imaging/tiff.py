"""The cost of decoding a TIFF: its strips or tiles and their compression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.imaging.errors import TooCostly
from picprocure.imaging.jpeg import ensure_passes, jpeg_cost
from picprocure.imaging.limits import ensure_parts, ensure_pixels, ensure_tiled_pixels
from picprocure.imaging.tiff_directory import Directory

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH, _HEIGHT, _COMPRESSION, _ROWS, _SAMPLES = 256, 257, 259, 278, 277
_STRIPS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 273, 279, 322, 323, 324, 325
_PLANES, _APART = 284, 2
_OLD_JPEG, _JPEG = 6, 7
# None, CCITT, LZW, deflate, packed bits, LZMA, Zstandard.
_WITHOUT_PASSES: Final = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000})


def check_tiff(content: bytes, max_pixels: int) -> None:
    """Check the cost of decoding the first picture of a TIFF.

    Raises:
        TooLarge: It has more than `max_pixels`.
        TooCostly: It has too many parts, passes or pixels in tiles, an entry twice, or a rare
            compression.
    """
    directory = Directory(content)
    if not directory:
        return
    if directory.repeated:
        raise TooCostly("it has the same entry twice")  # readers differ in which they use
    width, height = directory.number(_WIDTH, 0), directory.number(_HEIGHT, 0)
    ensure_pixels(width, height, max_pixels)
    pieces, pixels = _pieces(directory, width, height)
    ensure_parts(max(pieces, directory.count(_STRIPS), directory.count(_TILES)))
    ensure_tiled_pixels(pieces * pixels, picture=width * height)
    compression = directory.number(_COMPRESSION, 1)
    if compression == _JPEG:
        _check_jpegs(content, directory, max_pixels)
    elif compression == _OLD_JPEG:
        scans = content.count(b"\xff\xda")
        ensure_passes(scans, scans * width * height, max_pixels)
    elif compression not in _WITHOUT_PASSES:
        raise TooCostly(f"a rare form of TIFF (compression {compression})")


def _pieces(directory: Directory, width: int, height: int) -> tuple[int, int]:
    """Return the number of strips or tiles, and the pixels of each."""
    wide, tall = directory.number(_TILE_WIDTH, 0), directory.number(_TILE_HEIGHT, 0)
    if wide and tall:
        return -(-width // wide) * -(-height // tall), wide * tall
    rows = min(directory.number(_ROWS, height) or height, height)
    return (-(-height // rows) if rows else 0), width * rows


def _check_jpegs(content: bytes, directory: Directory, max_pixels: int) -> None:
    """Check strips or tiles that are JPEGs."""
    samples = directory.number(_SAMPLES, 1) if directory.number(_PLANES, 1) == _APART else 1
    max_scans, pixels, known = 0, 0, dict[tuple[int, int], tuple[int, int]]()
    for start, size in _places(directory):
        if (start, size) not in known:
            cost = jpeg_cost(content[start : start + size])
            ensure_pixels(cost.width, cost.height, max_pixels)
            known[start, size] = cost.scans, cost.pixels
        scans, area = known[start, size]
        max_scans = max(max_scans, scans)
        pixels += scans * area
    ensure_passes(max_scans, -(-pixels // samples), max_pixels)


def _places(directory: Directory) -> Iterator[tuple[int, int]]:
    for offsets, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        yield from zip(directory.numbers(offsets), directory.numbers(sizes), strict=False)
