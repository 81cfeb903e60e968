"""Build an ONNX model with the few fields of the format that the network needs.

The package `onnx` can do this and much more, but nothing else needs it at run time. The field
numbers are those of `onnx.proto`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from picprocure.faces.models.protobuf import bytes_field, field_start, integer_field, text_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

Attribute: TypeAlias = "int | str | Sequence[int] | Graph"
Shape: TypeAlias = Sequence[int | str]
"""Sizes. A text is the name of a size that isn't fixed."""

Parts: TypeAlias = "list[bytes | memoryview]"
"""A message in parts. Weights take 40 MB, so they are copied once, when a model is complete."""

_IR_VERSION: Final = 8
_OPSET: Final = 17
"""ONNX 1.12, of 2022."""

_ELEMENT_TYPES: Final = {"float32": 1, "uint8": 2, "int64": 7}
_ATTRIBUTE_INT: Final = 2
_ATTRIBUTE_STRING: Final = 3
_ATTRIBUTE_GRAPH: Final = 5
_ATTRIBUTE_INTS: Final = 7


@dataclass(slots=True)
class Graph:
    """Operations in the order in which they run. Each value has a name.

    Attributes:
        name: The name of the graph.
        prefix: Of the names of values. A graph within a graph needs another one.
    """

    name: str
    prefix: str = ""
    _nodes: list[Parts] = field(default_factory=list)
    _constants: list[Parts] = field(default_factory=list)
    _inputs: list[bytes] = field(default_factory=list)
    _outputs: list[bytes] = field(default_factory=list)

    def input(self, name: str, dtype: str, shape: Shape) -> str:
        """Declare an input, and return its name."""
        self._inputs.append(value_info(name, dtype, shape))
        return name

    def output(self, name: str, dtype: str, shape: Shape) -> None:
        """Declare a value as an output."""
        self._outputs.append(value_info(name, dtype, shape))

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant, and return its name."""
        name = f"{self.prefix}constant_{len(self._constants)}"
        self._constants.append(_tensor(name, value))
        return name

    def add(
        self, operation: str, *inputs: str, result: str | None = None, **attributes: Attribute
    ) -> str:
        """Add an operation of the standard set, and return the name of its result.

        Args:
            operation: The name of the operation.
            inputs: The names of its inputs. An optional one is left out by an empty name.
            result: The name of its result. By default, a new one is made.
            attributes: The attributes of the operation.
        """
        result = result or f"{self.prefix}{operation}_{len(self._nodes)}"
        node: Parts = [text_field(1, name) for name in inputs]
        node += [text_field(2, result), text_field(4, operation)]
        for item in attributes.items():
            node += _field(5, _attribute(*item))
        self._nodes.append(node)
        return result

    def model(self, producer: str) -> bytes:
        """Return the content of an `.onnx` file."""
        operations = text_field(1, "") + integer_field(2, _OPSET)
        return b"".join(
            [
                integer_field(1, _IR_VERSION),
                text_field(2, producer),
                *_field(7, self.encoded()),
                bytes_field(8, operations),
            ]
        )

    def encoded(self) -> Parts:
        """Return a GraphProto."""
        return [
            *chain.from_iterable(_field(1, node) for node in self._nodes),
            text_field(2, self.name),
            *chain.from_iterable(_field(5, constant) for constant in self._constants),
            *(bytes_field(11, info) for info in self._inputs),
            *(bytes_field(12, info) for info in self._outputs),
        ]


def sealed(model: bytes) -> bytes:
    """Add a checksum to the metadata of a model."""
    return model + _seal(model)


def is_whole(content: bytes) -> bool:
    """Return whether a file is a model that `sealed` returned, unchanged."""
    length = len(_seal(b""))
    return content[-length:] == _seal(memoryview(content)[:-length])


def _seal(model: bytes | memoryview) -> bytes:
    return bytes_field(
        14, text_field(1, "sha256") + text_field(2, hashlib.sha256(model).hexdigest())
    )


def value_info(name: str, dtype: str, shape: Shape | None = None) -> bytes:
    """Return a ValueInfoProto: the declaration of an input or output.

    Args:
        name: The name of the value.
        dtype: One of "float32", "uint8" and "int64".
        shape: The sizes. Without it the shape is not declared.
    """
    tensor_type = integer_field(1, _ELEMENT_TYPES[dtype])
    if shape is not None:
        dimensions = b"".join(
            bytes_field(1, text_field(2, size) if isinstance(size, str) else integer_field(1, size))
            for size in shape
        )
        tensor_type += bytes_field(2, dimensions)
    return text_field(1, name) + bytes_field(2, bytes_field(1, tensor_type))


def _field(number: int, message: Parts) -> Parts:
    return [field_start(number, sum(map(len, message))), *message]


def _tensor(name: str, value: NDArray[Any]) -> Parts:
    little_endian = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
    content = little_endian.reshape(-1).view(np.uint8).data
    return [
        *(integer_field(1, size) for size in value.shape),
        integer_field(2, _ELEMENT_TYPES[value.dtype.name]),
        text_field(8, name),
        *_field(9, [content]),
    ]


def _attribute(name: str, value: Attribute) -> Parts:
    content: Parts
    if isinstance(value, int):
        kind, content = _ATTRIBUTE_INT, [integer_field(3, value)]
    elif isinstance(value, str):
        kind, content = _ATTRIBUTE_STRING, [text_field(4, value)]
    elif isinstance(value, Graph):
        kind, content = _ATTRIBUTE_GRAPH, _field(6, value.encoded())
    else:
        kind, content = _ATTRIBUTE_INTS, [integer_field(8, number) for number in value]
    return [text_field(1, name), *content, integer_field(20, kind)]
