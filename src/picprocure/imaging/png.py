"""The cost of decoding a PNG: its size and number of chunks."""

from __future__ import annotations

import struct

from picprocure.imaging.limits import ensure_parts, ensure_pixels
from picprocure.imaging.tiff_directory import ensure_small_exif

_FRAME_BYTES = 12  # length, type and checksum of each chunk
_SIGNATURE_BYTES = 8
_SIZE_BYTES = 8


def check_png(content: bytes, max_pixels: int) -> None:
    """Check the cost of decoding a PNG.

    Only the first picture of an animation is decoded. Pillow itself limits the size of compressed
    texts and profiles.

    Raises:
        TooLarge: It has more than `max_pixels`.
        TooCostly: It has too many parts, or its EXIF block is too costly.
    """
    position, count = _SIGNATURE_BYTES, 0
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        data = content[position + 8 : position + 8 + length] if kind in {b"IHDR", b"eXIf"} else b""
        if kind == b"IHDR" and len(data) >= _SIZE_BYTES:
            width, height = struct.unpack_from(">II", data)
            ensure_pixels(width, height, max_pixels)
        if kind == b"eXIf":
            ensure_small_exif(data)
        count += 1
        ensure_parts(count)
        position += length + _FRAME_BYTES
