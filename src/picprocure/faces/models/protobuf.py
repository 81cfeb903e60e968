"""The encoding of Protocol Buffers: the few kinds of fields that ONNX files have.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT: Final = 0
_EIGHT_BYTES: Final = 1
_LENGTH_DELIMITED: Final = 2
_FOUR_BYTES: Final = 5

_SEVEN_BITS: Final = 0x7F
_MORE_FOLLOWS: Final = 0x80


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        number: The field's number in the message's definition.
        value: The content of a text, bytes or message; empty for numbers.
        integer: The value of an integer, unsigned; 0 for other kinds.
        encoded: All bytes of the field.
    """

    number: int
    value: bytes
    integer: int
    encoded: bytes


def integer_field(number: int, value: int) -> bytes:
    """Encode an integer; negative ones in two's complement of 64 bits."""
    return _varint(number << 3 | _VARINT) + _varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Encode bytes or a message."""
    return field_start(number, len(value)) + value


def field_start(number: int, length: int) -> bytes:
    """Encode what comes before bytes or a message of this length."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(length)


def text_field(number: int, value: str) -> bytes:
    """Encode a text."""
    return bytes_field(number, value.encode())


def fields_of(message: bytes) -> Iterator[Field]:
    """Yield the fields of a message in the order of the bytes.

    Raises:
        ValueError: The bytes are not a message.
        IndexError: The bytes end inside a number.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = _varint_at(message, at)
        value, integer = b"", 0
        kind = key & 7
        if kind == _VARINT:
            integer, at = _varint_at(message, at)
        elif kind == _EIGHT_BYTES:
            at += 8
        elif kind == _FOUR_BYTES:
            at += 4
        elif kind == _LENGTH_DELIMITED:
            length, at = _varint_at(message, at)
            value = message[at : at + length]
            at += length
        else:
            raise ValueError("it is no Protocol Buffers message")
        if at > len(message):
            raise ValueError("it ends too early")
        yield Field(key >> 3, value, integer, message[start:at])


def _varint_at(message: bytes, at: int) -> tuple[int, int]:
    """Return the integer that begins at an index, and the index where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & _SEVEN_BITS) << shift
        if not byte & _MORE_FOLLOWS:
            return number, at
        shift += 7


def _varint(value: int) -> bytes:
    """Encode seven bits in each byte, the lowest first."""
    value &= (1 << 64) - 1
    encoded = bytearray()
    while value > _SEVEN_BITS:
        encoded.append(value & _SEVEN_BITS | _MORE_FOLLOWS)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
