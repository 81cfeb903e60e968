"""The cost of decoding a WebP (RFC 9649): the size of its canvas and of each picture in it."""

from __future__ import annotations

import struct

from picprocure.imaging.limits import ensure_parts, ensure_pixels
from picprocure.imaging.tiff_directory import ensure_small_exif

_FIRST_CHUNK = 12
_HEAD_BYTES = 8
_FRAME_HEAD_BYTES = 16
_SIZE = 0x3FFF


def check_webp(content: bytes, max_pixels: int) -> None:
    """Check the cost of decoding a WebP. A decoder allocates the whole canvas when it opens it.

    Raises:
        TooLarge: The canvas or a picture on it has more than `max_pixels`.
        TooCostly: It has too many parts, or its EXIF block is too costly.
    """
    _check_chunks(memoryview(content)[_FIRST_CHUNK:], max_pixels)


def _check_chunks(inside: memoryview, max_pixels: int) -> None:
    position, count = 0, 0
    while position + _HEAD_BYTES <= len(inside):
        kind, length = struct.unpack_from("<4sI", inside, position)
        position += _HEAD_BYTES
        data = inside[position : position + length]
        size = _size(kind, data)
        if size:
            ensure_pixels(*size, max_pixels)
        if kind == b"ANMF":
            _check_chunks(data[_FRAME_HEAD_BYTES:], max_pixels)
        if kind == b"EXIF":
            ensure_small_exif(bytes(data))
        count += 1
        ensure_parts(count)
        position += length + length % 2


def _size(kind: bytes, data: memoryview) -> tuple[int, int] | None:
    read = _SIZES.get(kind)
    try:
        return read(data) if read else None
    except struct.error:  # cut off
        return None


def _canvas(data: memoryview) -> tuple[int, int]:
    return _sides(data, 4)


def _frame(data: memoryview) -> tuple[int, int]:
    return _sides(data, 6)


def _sides(data: memoryview, at: int) -> tuple[int, int]:
    wide, tall = struct.unpack_from("<3s3s", data, at)
    return int.from_bytes(wide, "little") + 1, int.from_bytes(tall, "little") + 1


def _lossy(data: memoryview) -> tuple[int, int]:
    wide, tall = struct.unpack_from("<HH", data, 6)
    return wide & _SIZE, tall & _SIZE


def _lossless(data: memoryview) -> tuple[int, int]:
    (bits,) = struct.unpack_from("<I", data, 1)
    return (bits & _SIZE) + 1, (bits >> 14 & _SIZE) + 1


_SIZES = {b"VP8X": _canvas, b"ANMF": _frame, b"VP8 ": _lossy, b"VP8L": _lossless}
