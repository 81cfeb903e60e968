"""Build dlib's face recognition network as an ONNX model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.models.dlib_weights import CHIP_SIDE
from picprocure.faces.models.onnx_builder import Graph
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from picprocure.faces.models.dlib_weights import Convolution, ResidualBlock, ResNet

CHIPS: Final = "chips"
EMBEDDINGS: Final = "embeddings"

BUILDER_VERSION: Final = 1
"""Increase it when the same weights would give another model, so that older ones are not used."""

_FLOAT32: Final = 1
"""The number of this type in ONNX."""


def build_model(network: ResNet) -> bytes:
    """Return an ONNX model from uint8 chips (n, 150, 150, 3) to float32 embeddings (n, 128)."""
    graph = Graph("dlib_face_recognition_resnet_model_v1")
    chips = graph.input(CHIPS, "uint8", ("n", CHIP_SIDE, CHIP_SIDE, 3))
    values = graph.add("Cast", graph.add("Transpose", chips, perm=(0, 3, 1, 2)), to=_FLOAT32)
    values = graph.add("Relu", _convolve(graph, values, network.stem))
    values = graph.add("MaxPool", values, kernel_shape=(3, 3), strides=(2, 2))
    side = _side_after(3, 2, _side_after(7, 2, CHIP_SIDE))
    for block in network.blocks:
        values = _add_block(graph, values, block, side)
        side = side // 2 if block.halves else side
    means = graph.add("ReduceMean", values, axes=(2, 3), keepdims=0)
    graph.add("MatMul", means, graph.constant(network.projection), result=EMBEDDINGS)
    graph.output(EMBEDDINGS, "float32", ("n", EMBEDDING_SIZE))
    return graph.model("picprocure")


def _add_block(graph: Graph, values: str, block: ResidualBlock, side: int) -> str:
    inner = graph.add("Relu", _convolve(graph, values, block.first))
    inner = _convolve(graph, inner, block.second)
    if block.halves:
        values = graph.add("AveragePool", values, kernel_shape=(2, 2), strides=(2, 2))
        values = _with_more_channels(graph, values, block.first.kernel.shape)
        inner = _enlarged(graph, inner, side // 2 - _side_after(3, 2, side))
    return graph.add("Relu", graph.add("Add", inner, values))


def _with_more_channels(graph: Graph, values: str, shape: tuple[int, ...]) -> str:
    """Add channels of zeros.

    A convolution copies the channels. With a padding instead, ONNX Runtime would change the layout
    of memory in this block and the following ones, which takes longer.
    """
    wider, channels = shape[:2]
    if wider == channels:
        return values
    copying = np.eye(wider, channels, dtype=np.float32)[:, :, None, None]
    return graph.add("Conv", values, graph.constant(copying))


def _enlarged(graph: Graph, values: str, pixels: int) -> str:
    """Add zeros at the right and at the bottom."""
    if pixels == 0:
        return values
    before_and_after = np.array([0, 0, 0, 0, 0, 0, pixels, pixels], dtype=np.int64)
    return graph.add("Pad", values, graph.constant(before_and_after))


def _convolve(graph: Graph, values: str, convolution: Convolution) -> str:
    return graph.add(
        "Conv",
        values,
        graph.constant(convolution.kernel),
        graph.constant(convolution.bias),
        strides=(convolution.stride,) * 2,
        pads=(convolution.padding,) * 4,
    )


def _side_after(window: int, stride: int, side: int) -> int:
    """Return the side of a picture, in pixels, after a window without padding."""
    return (side - window) // stride + 1
