"""Make TIFF files that Pillow can't write: 16-bit colors, and small RAW files."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONG, _SHORT, _TEXT, _BYTES, _RATIO, _SIGNED_RATIO = 4, 3, 2, 1, 5, 10
_CFA = 32803
_SENSOR = 64, 48  # LibRaw doesn't accept much smaller photos

_Tag: TypeAlias = tuple[int, int, int, bytes]


def sixteen_bit_tiff(samples: NDArray[np.uint16]) -> bytes:
    """(height, width, 3 or 4), as RGB or CMYK."""
    height, width, colors = samples.shape
    strip = _strip((width, height), 1, {3: 2, 4: 5}[colors], samples=(16,) * colors)
    return _file(_directory(strip, samples.astype("<u2").tobytes(), start=8), samples.nbytes)


def tiff_of_one_tile(size: tuple[int, int], tile: tuple[int, int], content: bytes) -> bytes:
    """Deflated gray."""
    tags = [
        *_strip(size, 8, 1, samples=(8,))[:-1],
        _tag(322, _LONG, _long(tile[0])),
        _tag(323, _LONG, _long(tile[1])),
        _tag(324, _LONG, _long(8)),
        _tag(325, _LONG, _long(len(content))),
    ]
    return _file(_directory(tags, content, start=8), len(content))


def _file(body: bytes, directory_behind: int) -> bytes:
    return b"II*\0" + _long(8 + directory_behind) + body


def dng(
    preview: bytes, size: tuple[int, int], *, orientation: int = 1, artist: bytes = b""
) -> bytes:
    """Return a DNG file: the preview first, the sensor in a directory below it.

    With an artist, it also has a place, 48° 8' 15" N.
    """
    identity = struct.pack("<18i", *(part for n in range(9) for part in (int(n % 4 == 0), 1)))
    own = [
        _tag(50706, _BYTES, b"\1\4\0\0"),
        _tag(50708, _TEXT, b"Model\0"),
        _tag(50721, _SIGNED_RATIO, identity, count=9),
    ]
    if artist:
        own.append(_tag(315, _TEXT, artist + b"\0"))
    return _raw(
        preview,
        size,
        make=b"Maker\0",
        orientation=orientation,
        own=own,
        place=_PLACE if artist else [],
    )


def arw(preview: bytes, size: tuple[int, int], *, orientation: int = 1) -> bytes:
    return _raw(preview, size, make=b"SONY\0", orientation=orientation, own=[], place=[])


def _raw(
    preview: bytes,
    size: tuple[int, int],
    *,
    make: bytes,
    orientation: int,
    own: list[_Tag],
    place: list[_Tag],
) -> bytes:
    sensor = bytes(2 * _SENSOR[0] * _SENSOR[1])
    below = _directory(
        [
            _tag(254, _LONG, _long(0)),
            *_strip(_SENSOR, 1, _CFA, samples=(16,)),
            _tag(33421, _SHORT, struct.pack("<2H", 2, 2)),
            _tag(33422, _BYTES, b"\0\1\1\2"),
        ],
        sensor,
        start=8 + len(preview),
    )
    if place:
        at = 8 + len(preview) + len(below)
        own.append(_tag(34853, _LONG, _long(at)))
        below += _entries(place, at)
    above = 8 + len(preview) + len(below)
    directory = _directory(
        [
            _tag(254, _LONG, _long(1)),
            *_strip(size, 7, 6, samples=(8, 8, 8)),
            _tag(271, _TEXT, make),
            _tag(272, _TEXT, b"Model\0"),
            _tag(274, _SHORT, struct.pack("<H", orientation)),
            _tag(330, _LONG, _long(8 + len(preview) + len(sensor))),
            *own,
        ],
        b"",
        start=above,
        strip=(8, len(preview)),
    )
    return _file(preview + below + directory, above - 8)


def _strip(
    size: tuple[int, int], compression: int, photometric: int, *, samples: tuple[int, ...]
) -> list[_Tag]:
    width, height = size
    return [
        _tag(256, _LONG, _long(width)),
        _tag(257, _LONG, _long(height)),
        _tag(258, _SHORT, struct.pack(f"<{len(samples)}H", *samples)),
        _tag(259, _SHORT, struct.pack("<H", compression)),
        _tag(262, _SHORT, struct.pack("<H", photometric)),
        _tag(277, _SHORT, struct.pack("<H", len(samples))),
        _tag(278, _LONG, _long(height)),
    ]


def _directory(
    tags: list[_Tag], pixels: bytes, *, start: int, strip: tuple[int, int] | None = None
) -> bytes:
    """Return pixels, directory and its long values, in this order, from the offset `start`."""
    offset, length = strip or (start, len(pixels))
    tags = [*tags, _tag(273, _LONG, _long(offset)), _tag(279, _LONG, _long(length))]
    return pixels + _entries(tags, start + len(pixels))


def _entries(tags: list[_Tag], start: int) -> bytes:
    behind = start + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for number, kind, count, value in sorted(tags):
        field = value.ljust(4, b"\0") if len(value) <= 4 else _long(behind + len(values))
        entries += struct.pack("<HHI", number, kind, count) + field
        values += value if len(value) > 4 else b""
    return struct.pack("<H", len(tags)) + entries + _long(0) + values


def _tag(number: int, kind: int, value: bytes, *, count: int | None = None) -> _Tag:
    size = {_LONG: 4, _SHORT: 2, _TEXT: 1, _BYTES: 1, _RATIO: 8, _SIGNED_RATIO: 8}[kind]
    return number, kind, count or len(value) // size, value


def _long(number: int) -> bytes:
    return struct.pack("<I", number)


_PLACE = [_tag(1, _TEXT, b"N\0"), _tag(2, _RATIO, struct.pack("<6I", 48, 1, 8, 1, 15, 1))]
