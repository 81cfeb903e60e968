"""Reads a QR code from a clean picture, as a phone does. Errors are not corrected."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby

import qrcode
from PIL import Image
from qrcode import base, util

FORMAT_MASK = 0b101010000010010
BYTES = 4

Modules = list[list[bool]]


def read_qr_code(picture: bytes) -> str:
    """Return the text of a QR code that stands straight on white."""
    modules = _modules(picture)
    size = len(modules)
    format_bits = sum(modules[_format_row(bit, size)][8] << bit for bit in range(15))
    level, mask = divmod((format_bits ^ FORMAT_MASK) >> 10, 8)
    version = (size - 17) // 4
    bits = list(_data_bits(modules, _empty_code(version, level, mask), mask))
    words = [_number(bits[start : start + 8]) for start in range(0, len(bits) - 7, 8)]
    data = "".join(f"{word:08b}" for word in _in_order(words, base.rs_blocks(version, level)))
    return _text(data, 8 if version < 10 else 16)


def _modules(picture: bytes) -> Modules:
    dark = Image.open(io.BytesIO(picture)).convert("L").point(lambda value: 255 * (value < 128))
    dark = dark.crop(dark.getbbox())
    first_row = [dark.getpixel((x, 1)) for x in range(dark.width)]
    finder = len(list(next(groupby(first_row))[1]))  # seven modules wide
    size = round(7 * dark.width / finder / 4 - 0.25) * 4 + 1
    step = dark.width / size
    middles = [int((place + 0.5) * step) for place in range(size)]
    return [[dark.getpixel((x, y)) == 255 for x in middles] for y in middles]


def _format_row(bit: int, size: int) -> int:
    return bit if bit < 6 else bit + 1 if bit < 8 else size - 15 + bit


def _empty_code(version: int, level: int, mask: int) -> list[list[bool | None]]:
    """Return a code in which the places of data are None."""
    code = qrcode.QRCode(version=version, error_correction=level)
    size = code.modules_count = 4 * version + 17
    code.modules = [[None] * size for _ in range(size)]
    for row, column in ((0, 0), (size - 7, 0), (0, size - 7)):
        code.setup_position_probe_pattern(row, column)
    code.setup_position_adjust_pattern()
    code.setup_timing_pattern()
    code.setup_type_info(test=True, mask_pattern=mask)
    if version >= 7:
        code.setup_type_number(test=True)
    empty: list[list[bool | None]] = code.modules
    return empty


def _data_bits(modules: Modules, empty: list[list[bool | None]], mask: int) -> Iterator[bool]:
    """Yield the data in pairs of columns from the right, upwards and downwards in turn."""
    size, is_masked = len(modules), util.mask_func(mask)
    rows = range(size - 1, -1, -1)
    for right in range(size - 1, 0, -2):
        first = right - (right <= 6)
        for row in rows:
            for column in (first, first - 1):
                if empty[row][column] is None:
                    yield modules[row][column] != is_masked(row, column)
        rows = rows[::-1]


def _in_order(words: list[int], blocks: list[base.RSBlock]) -> list[int]:
    """Put the data of interleaved blocks one after the other."""
    stream, parts = iter(words), [list[int]() for _ in blocks]
    for place in range(max(block.data_count for block in blocks)):
        for part, block in zip(parts, blocks, strict=True):
            if place < block.data_count:
                part.append(next(stream))
    return [word for part in parts for word in part]


def _text(data: str, length_bits: int) -> str:
    text = b""
    while len(data) > 4 and int(data[:4], 2) == BYTES:
        end = 4 + length_bits
        length = int(data[4:end], 2)
        text += bytes(int(data[end + 8 * n : end + 8 * n + 8], 2) for n in range(length))
        data = data[end + 8 * length :]
    return text.decode()


def _number(bits: list[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)
