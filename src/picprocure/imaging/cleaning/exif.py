"""Read and write the orientation, the only part of an EXIF block that a picture needs.

An EXIF block is a small TIFF file (CIPA DC-008, Exif 2.32, section 4.5). Only its first directory
is read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

from picprocure.imaging.tiff_directory import EXIF_PREFIX

UPRIGHT = 1

_SIDES_SWAPPED = frozenset({5, 6, 7, 8})
_TURNED_CLOCKWISE = {1: 6, 6: 3, 3: 8, 8: 1, 2: 7, 7: 4, 4: 5, 5: 2}
_ORIENTATION_TAG = 0x0112
_SHORT = 3
_ENTRY_BYTES = 12
_ORIENTATIONS = range(UPRIGHT, 9)
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_orientation(block: bytes, *, default: int = UPRIGHT) -> int:
    """Return the orientation, 1 to 8, or the default if the block has no valid one."""
    tiff = block.removeprefix(EXIF_PREFIX)
    try:
        return _orientation_of_tiff(tiff) or default
    except struct.error:
        return default


def orientation_only(orientation: int) -> bytes:
    """Return an EXIF block, without JPEG's prefix, with nothing but the orientation."""
    entry = struct.pack(">HHIHH", _ORIENTATION_TAG, _SHORT, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


Describe: TypeAlias = Callable[[int], bytes]
"""Makes an EXIF block for an orientation, without JPEG's prefix. It may be empty."""


def if_turned(orientation: int) -> bytes:
    """Return an EXIF block with the orientation, or nothing if the picture is upright as stored."""
    return orientation_only(orientation) if orientation != UPRIGHT else b""


def swaps_sides(orientation: int) -> bool:
    """Return whether the upright picture is as wide as the stored one is high."""
    return orientation in _SIDES_SWAPPED


def turned_orientation(orientation: int, degrees: int) -> int:
    """Return the orientation of a picture that is turned clockwise after it was turned upright.

    Args:
        orientation: The orientation, 1 to 8.
        degrees: 0, 90, 180 or 270.
    """
    for _ in range(degrees // 90):
        orientation = _TURNED_CLOCKWISE[orientation]
    return orientation


def _orientation_of_tiff(tiff: bytes) -> int | None:
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return None
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
    for index in range(entries):
        entry = directory + 2 + index * _ENTRY_BYTES
        tag, field_type, count, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == _ORIENTATION_TAG:
            makes_sense = (field_type, count) == (_SHORT, 1) and value in _ORIENTATIONS
            return value if makes_sense else None
    return None
