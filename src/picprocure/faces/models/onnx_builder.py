"""Build an ONNX model, with the few fields of the format that our network needs.

The package `onnx` does this and much more, but nothing else needs it at run time. Field numbers
are those of `onnx.proto`, the encoding is that of Protocol Buffers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Attribute: TypeAlias = int | Sequence[int]
Shape: TypeAlias = Sequence[int | str]
"""A text is the name of a free size."""

_IR_VERSION: Final = 8
_OPSET: Final = 17
"""ONNX 1.12, of 2022."""

_ELEMENT_TYPES: Final = {"float32": 1, "uint8": 2, "int64": 7}
_ATTRIBUTE_INT: Final = 2
_ATTRIBUTE_INTS: Final = 7

_VARINT: Final = 0
_BYTES: Final = 2
_SEVEN_BITS: Final = 0x7F


@dataclass(slots=True)
class Graph:
    """Operations in the order in which they run; each result has a name."""

    name: str
    _nodes: list[bytes] = field(default_factory=list)
    _constants: list[bytes] = field(default_factory=list)
    _inputs: list[bytes] = field(default_factory=list)
    _outputs: list[bytes] = field(default_factory=list)

    def input(self, name: str, dtype: str, shape: Shape) -> str:
        self._inputs.append(_value_info(name, dtype, shape))
        return name

    def output(self, name: str, dtype: str, shape: Shape) -> None:
        self._outputs.append(_value_info(name, dtype, shape))

    def constant(self, value: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(_tensor(name, value))
        return name

    def add(
        self, operation: str, *inputs: str, result: str | None = None, **attributes: Attribute
    ) -> str:
        """Add an operation of the standard set; return the name of its result."""
        result = result or f"{operation}_{len(self._nodes)}"
        node = b"".join(_text(1, name) for name in inputs) + _text(2, result) + _text(4, operation)
        self._nodes.append(
            node + b"".join(_message(5, _attribute(*item)) for item in attributes.items())
        )
        return result

    def model(self, producer: str) -> bytes:
        """Return the content of an `.onnx` file."""
        graph = b"".join(_message(1, node) for node in self._nodes) + _text(2, self.name)
        graph += b"".join(_message(5, constant) for constant in self._constants)
        graph += b"".join(_message(11, info) for info in self._inputs)
        graph += b"".join(_message(12, info) for info in self._outputs)
        operations = _text(1, "") + _whole(2, _OPSET)
        return (
            _whole(1, _IR_VERSION)
            + _text(2, producer)
            + _message(7, graph)
            + _message(8, operations)
        )


def sealed(model: bytes) -> bytes:
    """Return the same model with its checksum as an entry of its metadata."""
    return model + _seal(model)


def is_whole(content: bytes) -> bool:
    """Return whether this is exactly what ``sealed`` returned."""
    length = len(_seal(b""))
    return content[-length:] == _seal(content[:-length])


def _seal(model: bytes) -> bytes:
    return _message(14, _text(1, "sha256") + _text(2, hashlib.sha256(model).hexdigest()))


def _value_info(name: str, dtype: str, shape: Shape) -> bytes:
    dimensions = b"".join(
        _message(1, _text(2, size) if isinstance(size, str) else _whole(1, size)) for size in shape
    )
    tensor_type = _whole(1, _ELEMENT_TYPES[dtype]) + _message(2, dimensions)
    return _text(1, name) + _message(2, _message(1, tensor_type))


def _tensor(name: str, value: NDArray[Any]) -> bytes:
    little_endian = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
    return (
        b"".join(_whole(1, size) for size in value.shape)
        + _whole(2, _ELEMENT_TYPES[value.dtype.name])
        + _text(8, name)
        + _message(9, little_endian.tobytes())
    )


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _whole(3, value) + _whole(20, _ATTRIBUTE_INT)
    numbers = b"".join(_whole(8, number) for number in value)
    return _text(1, name) + numbers + _whole(20, _ATTRIBUTE_INTS)


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Encode seven bits a byte, the lowest first; the highest bit says that more follow."""
    value &= (1 << 64) - 1  # negative numbers in two's complement
    encoded = bytearray()
    while value > _SEVEN_BITS:
        encoded.append(value & _SEVEN_BITS | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
