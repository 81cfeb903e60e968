"""Read the constants of an ONNX model.

The package `onnx` can do this and much more, but nothing else needs it at run time. The field
numbers are those of `onnx.proto`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from picprocure.faces.models.protobuf import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Constants: TypeAlias = "dict[str, NDArray[Any]]"

_GRAPH: Final = 7  # of ModelProto
_INITIALIZER: Final = 5  # of GraphProto
_DIMS, _DATA_TYPE, _FLOAT_DATA, _NAME, _RAW_DATA = 1, 2, 4, 8, 9  # of TensorProto
_DTYPES: Final = {1: "<f4", 3: "<i1", 7: "<i8"}


def constants_of(model: bytes) -> Constants:
    """Return the constants of a model by name: float32, int8 or int64 arrays.

    Constants of other types are left out.

    Raises:
        ValueError: The bytes are not a model.
        IndexError: The bytes end inside a number.
    """
    return dict(
        constant
        for graph in fields_of(model)
        if graph.number == _GRAPH
        for field in fields_of(graph.value)
        if field.number == _INITIALIZER
        for constant in _constant(field.value)
    )


def _constant(tensor: bytes) -> Iterator[tuple[str, NDArray[Any]]]:
    name, content, dtype = "", b"", ""
    shape: list[int] = []
    for field in fields_of(tensor):
        if field.number == _DIMS:
            shape.append(field.integer)
        elif field.number == _DATA_TYPE:
            dtype = _DTYPES.get(field.integer, "")
        elif field.number == _NAME:
            name = field.value.decode("utf-8", "replace")
        elif field.number in (_FLOAT_DATA, _RAW_DATA):  # the same bytes
            content = field.value
    if dtype and len(content) == math.prod(shape) * np.dtype(dtype).itemsize:
        yield name, np.frombuffer(content, dtype=dtype).reshape(shape)
