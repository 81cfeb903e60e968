"""ONNX Runtime can run the models that are built."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from picprocure.faces.models.onnx_builder import Graph, is_whole, sealed


def small_model() -> bytes:
    """Return a model of the maximum of 2 x + (1, 2, 3)."""
    graph = Graph("small")
    values = graph.input("x", "float32", ("n", 3))
    doubled = graph.add("Mul", values, graph.constant(np.full(1, 2, dtype=np.float32)))
    shifted = graph.add("Add", doubled, graph.constant(np.array([1, 2, 3], dtype=np.float32)))
    graph.add("ReduceMax", shifted, result="y", axes=(-1,), keepdims=0)
    graph.output("y", "float32", ("n",))
    return graph.model("tests")


def run(model: bytes, values: NDArray[Any]) -> NDArray[Any]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"x": values})
    return np.asarray(result)


@pytest.mark.parametrize("rows", [1, 2, 300])
def test_a_model_computes_what_was_written(rows: int) -> None:
    values = np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)
    expected = (2 * values + np.array([1, 2, 3], dtype=np.float32)).max(axis=1)
    assert np.array_equal(run(small_model(), values), expected)


def test_constants_keep_their_values_whatever_their_layout_in_memory() -> None:
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    for matrix in (np.asfortranarray(table), table.astype(">f4"), table[::1]):
        graph = Graph("product")
        values = graph.input("x", "float32", ("n", 2))
        graph.add("MatMul", values, graph.constant(matrix), result="y")
        graph.output("y", "float32", ("n", 3))
        assert np.array_equal(run(graph.model("tests"), np.eye(2, dtype=np.float32)), table)


def test_inputs_and_outputs_have_names_types_and_free_sizes() -> None:
    session = onnxruntime.InferenceSession(small_model(), providers=["CPUExecutionProvider"])
    (given,), (result,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("x", "tensor(float)", ["n", 3])
    assert (result.name, result.type, result.shape) == ("y", "tensor(float)", ["n"])


def test_a_sealed_model_is_still_a_model() -> None:
    model = sealed(small_model())
    assert is_whole(model)
    values = np.ones((1, 3), dtype=np.float32)
    assert run(model, values) == run(small_model(), values)


def test_a_seal_breaks_by_any_change() -> None:
    model = sealed(small_model())
    assert not is_whole(small_model())
    assert not is_whole(model + b"\0")
    for position in range(len(model)):
        changed = bytearray(model)
        changed[position] ^= 1
        assert not is_whole(bytes(changed))
        assert not is_whole(model[:position])


def test_graph_within_a_graph_runs_for_each_row() -> None:
    """The sum of each row, doubled. Values of both graphs have their own names."""
    body = Graph("row", prefix="row_")
    row = body.input("row_in", "float32", (3,))
    two = body.constant(np.array(2, dtype=np.float32))
    body.add("Mul", body.add("ReduceSum", row, keepdims=0), two, result="row_out")
    body.output("row_out", "float32", ())
    graph = Graph("rows")
    rows = graph.input("x", "float32", ("n", 3))
    sums = graph.add("Scan", rows, body=body, num_scan_inputs=1)
    graph.add("Add", sums, graph.constant(np.array(1, dtype=np.float32)), result="y")
    graph.output("y", "float32", ("n",))
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert run(graph.model("tests"), values).tolist() == [7, 25, 43, 61]


def test_attribute_may_be_a_text() -> None:
    graph = Graph("doubled")
    values = graph.input("x", "float32", (1, 1, 2, 2))
    scales = graph.constant(np.array([1, 1, 2, 2], dtype=np.float32))
    graph.add(
        "Resize",
        *(values, "", scales),
        result="y",
        coordinate_transformation_mode="asymmetric",
        mode="nearest",
        nearest_mode="floor",
    )
    graph.output("y", "float32", (1, 1, 4, 4))
    picture = np.array([[[[1, 2], [3, 4]]]], dtype=np.float32)
    assert np.array_equal(
        run(graph.model("tests"), picture)[0, 0], np.kron(picture[0, 0], np.ones((2, 2)))
    )
