"""The orientation is read from the EXIF that cameras write."""

from __future__ import annotations

import struct

import pytest
from PIL import Image

from photos import pictures as p
from picprocure.imaging.cleaning.exif import orientation_only, read_orientation, swaps_sides


def block(
    value: int, *, order: str = "<", field_type: int = 3, count: int = 1, entries: int = 1
) -> bytes:
    start = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, field_type, count, value, 0)
    return start + struct.pack(f"{order}IH", 8, entries) + entry + bytes(4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_read_in_both_byte_orders(order: str, orientation: int) -> None:
    assert read_orientation(block(orientation, order=order)) == orientation
    assert read_orientation(b"Exif\0\0" + block(orientation, order=order)) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_that_is_written_is_read_by_us_and_by_pillow(orientation: int) -> None:
    written = orientation_only(orientation)
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + written)
    assert read_orientation(written) == exif[0x0112] == orientation


def test_orientation_is_found_among_others() -> None:
    assert read_orientation(p.telling_exif(5)) == 5


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0" + b"\x08\0\0\0" + b"\xff\xff",
        b"not a TIFF block",
        block(0),
        block(9),
        block(6, field_type=2),
        block(6, count=2),
        block(6)[:-8],
    ],
)
def test_nonsense_means_upright(nonsense: bytes) -> None:
    assert read_orientation(nonsense) == 1


def test_quarter_turns_swap_the_sides() -> None:
    assert [swaps_sides(orientation) for orientation in range(1, 9)] == [False] * 4 + [True] * 4
