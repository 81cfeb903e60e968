"""Run the networks of detectors in ONNX Runtime, on pictures of any size.

The published files declare one size of picture, and some declare their weights as inputs, which
keeps the runtime from simplifying the network. So these declarations are replaced. The rest of the
file stays unchanged.

Source of the field numbers: `onnx.proto`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import onnxruntime

from picprocure.faces.errors import UnusableModel
from picprocure.faces.models.onnx_builder import value_info
from picprocure.faces.models.protobuf import bytes_field, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_GRAPH: Final = 7  # of ModelProto
_INPUT, _OUTPUT, _VALUE_INFO = 11, 12, 13  # of GraphProto
_NAME: Final = 1  # of ValueInfoProto
_PICTURE: Final = (1, 3, "height", "width")


class OnnxModel:
    """A network that takes one picture. Several threads may call it at once."""

    def __init__(
        self, path: Path, *, input_name: str, adapt: Callable[[bytes], bytes] | None = None
    ) -> None:
        """Load a network.

        Args:
            path: The published file.
            input_name: The name of its input.
            adapt: Returns the model to run, from the content of the file. By default, only
                declarations are replaced.

        Raises:
            UnusableModel: The file is no network with this input.
        """
        self._input_name = input_name
        adapt = adapt or partial(without_fixed_size, input_name=input_name)
        try:
            self._session = _session(adapt(path.read_bytes()))
        except _UNUSABLE as error:
            raise UnusableModel(path) from error
        self._output_names = [output.name for output in self._session.get_outputs()]

    def run(self, picture: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """Run the network on a picture as its input is declared. Return its outputs by name."""
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
    options.intra_op_num_threads = 1  # there is one process for each core
    # With a plan for each size of picture, the runtime would keep memory for each of them: twice as
    # much for 12 megapixels. Without, they take 4 % longer.
    options.enable_mem_pattern = False
    options.log_severity_level = 3  # errors only; the warnings are about how files were exported
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def without_fixed_size(model: bytes, input_name: str) -> bytes:
    """Return the same network with a float32 picture of any size as its only input.

    Raises:
        ValueError: The bytes are not a model with this input.
        IndexError: The bytes end inside a number.
    """
    fields = list(fields_of(model))
    if not any(field.number == _GRAPH for field in fields):
        raise ValueError("there is no graph in it")
    return b"".join(
        bytes_field(_GRAPH, _redeclared(field.value, input_name))
        if field.number == _GRAPH
        else field.encoded
        for field in fields
    )


def _redeclared(graph: bytes, input_name: str) -> bytes:
    fields = list(fields_of(graph))
    if input_name not in {_name_in(field.value) for field in fields if field.number == _INPUT}:
        raise ValueError(f"it has no input {input_name}")
    parts = [bytes_field(_INPUT, value_info(input_name, "float32", _PICTURE))]
    for field in fields:
        if field.number == _OUTPUT:
            parts.append(bytes_field(_OUTPUT, value_info(_name_in(field.value), "float32")))
        elif field.number not in (_INPUT, _VALUE_INFO):
            parts.append(field.encoded)
    return b"".join(parts)


def _name_in(declaration: bytes) -> str:
    return next(field.value for field in fields_of(declaration) if field.number == _NAME).decode()
