"""Build the SFace network as an ONNX model that ONNX Runtime computes in a third of the time.

The body of the network computes one chip after the other, and then one matrix product embeds all of
them. With several chips at once, the body would take longer for each, since the values between two
layers would not fit into the caches. With one chip at a time, the matrix of 26 MB would be read for
each.

The published file has PReLUs, for which ONNX Runtime changes the layout of memory before and after
each, and weights that are inputs, which keeps it from simplifying the network. Of the ways to write
a PReLU without that, this takes the least time: 53 ms for a face with the published file, 40 with
constant weights, 20 with two factors, and 18 with one (in the same run).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.models.onnx_builder import Graph
from picprocure.faces.models.sface_weights import CHIP_SIDE, GRAY
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from picprocure.faces.models.sface_weights import Layer, MobileNet

CHIPS: Final = "chips"
EMBEDDINGS: Final = "embeddings"

BUILDER_VERSION: Final = 2
"""Increase it when the same weights would give another model, so that older ones are not used."""

_FLOAT32: Final = 1


def build_model(network: MobileNet) -> bytes:
    """Return an ONNX model from uint8 chips (n, 112, 112, 3) to float32 embeddings (n, 128)."""
    graph = Graph("face_recognition_sface_2021dec")
    chips = graph.input(CHIPS, "uint8", ("n", CHIP_SIDE, CHIP_SIDE, 3))
    values = graph.add("Scan", chips, body=_body(network), num_scan_inputs=1)
    projection, bias = graph.constant(network.projection), graph.constant(network.bias)
    graph.add("Gemm", values, projection, bias, result=EMBEDDINGS, transB=1)
    graph.output(EMBEDDINGS, "float32", ("n", EMBEDDING_SIZE))
    return graph.model("picprocure")


def _body(network: MobileNet) -> Graph:
    """Return the graph from one chip (112, 112, 3) to the input of the matrix product."""
    body = Graph("body", prefix="body_")
    chip = body.input("body_chip", "uint8", (CHIP_SIDE, CHIP_SIDE, 3))
    first = body.constant(np.array([0], dtype=np.int64))
    planes = body.add("Unsqueeze", body.add("Transpose", chip, perm=(2, 0, 1)), first)
    values = body.add("Cast", planes, to=_FLOAT32)
    values = body.add("Sub", values, body.constant(np.array(GRAY, dtype=np.float32)))
    for layer in network.layers:
        values = _add_layer(body, values, layer)
    everything = body.constant(np.array([-1], dtype=np.int64))
    body.add("Reshape", values, everything, result="body_values")
    body.output("body_values", "float32", (network.projection.shape[1],))
    return body


def _add_layer(graph: Graph, values: str, layer: Layer) -> str:
    is_apart = layer.kernel.shape[1] == 1
    values = graph.add(
        "Conv",
        values,
        graph.constant(layer.kernel),
        graph.constant(layer.bias),
        strides=(layer.stride,) * 2,
        pads=(layer.kernel.shape[2] // 2,) * 4,
        group=len(layer.bias) if is_apart else 1,
    )
    bent = graph.add("Relu", values)
    # A convolution multiplies each channel. The runtime adds the other summand in the same step.
    slope = graph.constant(layer.slope[:, None, None, None])
    straight = graph.add("Conv", values, slope, group=len(layer.slope))
    return graph.add("Add", straight, bent)
