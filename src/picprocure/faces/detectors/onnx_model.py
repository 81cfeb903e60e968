"""Detectors' networks in ONNX Runtime, for pictures of any size.

The published files are exported for one size of picture, to which the runtime holds, and some
list their weights as inputs, which keeps it from simplifying them. Both stand in the graph's
declarations alone, so only these few fields of the file are replaced.

Source: `onnx.proto` (field numbers) and the Protocol Buffers encoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import onnxruntime

from picprocure.faces.errors import UnusableModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # kinds of fields
_GRAPH: Final = 7  # of ModelProto
_INPUT, _OUTPUT, _VALUE_INFO = 11, 12, 13  # of GraphProto
_NAME: Final = 1  # of ValueInfoProto
_PICTURE: Final = (1, 3, "height", "width")


class OnnxModel:
    """A network that takes one picture; may be called from several threads at once.

    Raises ``UnusableModel`` when the file is no network with such an input.
    """

    def __init__(self, path: Path, *, input_name: str) -> None:
        self._input_name = input_name
        try:
            self._session = _session(without_fixed_size(path.read_bytes(), input_name))
        except _UNUSABLE as error:
            raise UnusableModel(path) from error
        self._output_names = [output.name for output in self._session.get_outputs()]

    def run(self, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs by name; ``picture`` is (1, 3, height, width)."""
        outputs = self._session.run(self._output_names, {self._input_name: picture})
        return dict(zip(self._output_names, outputs, strict=True))


_UNUSABLE: Final = (
    ValueError,
    IndexError,
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
)


def _session(model: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # photos are worked on side by side, one process a core
    options.log_severity_level = 3  # errors; the warnings are about the exporter's habits
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def without_fixed_size(model: bytes, input_name: str) -> bytes:
    """Return the same network, declared for one float picture of any size as its only input.

    Raises ValueError or IndexError when these are not the bytes of such a model.
    """
    if not any(number == _GRAPH for number, _, _ in _fields(model)):
        raise ValueError("there is no graph in it")
    return b"".join(
        _field(_GRAPH, _redeclared(value, input_name)) if number == _GRAPH else whole
        for number, value, whole in _fields(model)
    )


def _redeclared(graph: bytes, input_name: str) -> bytes:
    inputs = {_declared_name(value) for number, value, _ in _fields(graph) if number == _INPUT}
    if input_name not in inputs:
        raise ValueError(f"it has no input {input_name}")
    parts = [_field(_INPUT, _declaration(input_name, _PICTURE))]
    for number, value, whole in _fields(graph):
        if number == _OUTPUT:
            parts.append(_field(_OUTPUT, _declaration(_declared_name(value))))
        elif number not in (_INPUT, _VALUE_INFO):
            parts.append(whole)
    return b"".join(parts)


def _declared_name(value_info: bytes) -> str:
    return next(value for number, value, _ in _fields(value_info) if number == _NAME).decode()


def _declaration(name: str, shape: tuple[int | str, ...] = ()) -> bytes:
    """A ValueInfoProto for float32: TypeProto 2, its tensor 1, element type 1, shape 2."""
    tensor = _number(1, 1)
    if shape:
        tensor += _field(2, b"".join(_field(1, _dimension(size)) for size in shape))
    return _field(_NAME, name.encode()) + _field(2, _field(1, tensor))


def _dimension(size: int | str) -> bytes:
    """Fixed (dim_value 1) or free (dim_param 2)."""
    return _number(1, size) if isinstance(size, int) else _field(2, size.encode())


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, value (of fields that have a length) and all bytes of each field."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint_at(message, at)
        value = b""
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint_at(message, at)
        elif kind == _EIGHT_BYTES:
            at += 8
        elif kind == _FOUR_BYTES:
            at += 4
        elif kind == _LENGTH:
            length, at = _varint_at(message, at)
            value = message[at : at + length]
            at += length
        else:
            raise ValueError("it is no Protocol Buffers message")
        if at > len(message):
            raise ValueError("it ends too early")
        yield key >> 3, value, message[start:at]


def _varint_at(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  (the highest bit says that more follows)
            return number, at
        shift += 7


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH) + _varint(len(value)) + value
