"""Read the published SFace network, `face_recognition_sface_2021dec_int8bq.onnx`.

It is a MobileNet: 27 convolutions, every second one for each channel apart. Each is followed by
batch normalization and a PReLU, and the last by a matrix product. Weights are stored as eight-bit
integers, with a scale for each block of them.

Source: Y. Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition",
2021; the OpenCV Zoo's model (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.errors import UnusableModel
from picprocure.faces.models.onnx_reader import Constants, constants_of
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CHIP_SIDE: Final = 112
"""Side of a chip, the picture of one face that the network takes, in pixels."""

GRAY: Final = 127.5
_SCALE: Final = 1 / 128
"""The network's input is (RGB - GRAY) * _SCALE. Around it are zeros, so only the scale can be part
of the first convolution."""

_CHANNELS: Final = (32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
"""Channels after the first convolution, and after each pair of convolutions."""

_HALVING: Final = (3, 5, 7, 13)
"""The pairs that halve the picture, counted like the layers: the first pair is layer 2."""

_MEAN_OF_CONVOLUTIONS: Final = 1e-3
_MEAN_OF_OTHERS: Final = 2e-5
"""Added to variances in batch normalizations."""

_CELLS: Final = 49
"""Pixels of each channel before the matrix product."""

_LEAST_FROM_LINEAR: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution over 1 by 1 or 3 by 3 pixels, and the activation after it.

    The activation of a value x is relu(x) + slope * x, with a slope for each channel. It is a PReLU
    whose factors, and in some channels the sign, are part of the convolutions before and after.

    Attributes:
        kernel: float32 (out, in, height, width). The second size is 1 if each channel is apart.
        bias: float32 (out,).
        slope: float32 (out,).
        stride: In pixels.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    slope: NDArray[np.float32]
    stride: int


@dataclass(frozen=True, slots=True)
class MobileNet:
    """The network.

    Attributes:
        layers: In their order. The first takes RGB from 0 to 255 (n, 3, 112, 112), minus `GRAY`.
        projection: float32 (128, 1024 * 49).
        bias: float32 (128,).
    """

    layers: tuple[Layer, ...]
    projection: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_sface(path: Path) -> MobileNet:
    """Read the network from its file.

    Raises:
        UnusableModel: The file has anything but this network.
    """
    try:
        return _network(constants_of(path.read_bytes()))
    except (ValueError, IndexError, KeyError) as error:
        raise UnusableModel(path) from error


def _network(constants: Constants) -> MobileNet:
    layers = []
    factor: NDArray[np.float64] = np.full(3, _SCALE)
    channels = 3
    for number, wider in enumerate(_CHANNELS, start=1):
        stride = 2 if number in _HALVING else 1
        if number == 1:
            steps = [("conv_1", (wider, channels, 3, 3), 1)]
        else:
            steps = [
                (f"conv_{number}_dw", (channels, 1, 3, 3), stride),
                (f"conv_{number}", (wider, channels, 1, 1), 1),
            ]
        for name, shape, step in steps:
            layer, factor = _layer(constants, name, shape, stride=step, factor=factor)
            layers.append(layer)
        channels = wider
    projection, bias = _projection(constants, channels, factor)
    return MobileNet(tuple(layers), projection, bias)


def _layer(
    constants: Constants,
    name: str,
    shape: tuple[int, int, int, int],
    *,
    stride: int,
    factor: NDArray[np.float64],
) -> tuple[Layer, NDArray[np.float64]]:
    """Return a layer, and the factors by which the next one must multiply its input.

    A PReLU with the factor a below 0 is a * x + (1 - a) * relu(x). With u = |1 - a| * x, that is
    relu(u) + a / |1 - a| * u, or its negative if a is above 1.

    Args:
        constants: The constants of the model.
        name: Of the layer.
        shape: Of its kernel.
        stride: In pixels.
        factor: The factor of each input channel (in,).
    """
    kernel = _dequantized(constants, f"{name}_conv2d_weight", shape).astype(np.float64)
    scale, shift = _normalization(constants, f"{name}_batchnorm", _MEAN_OF_CONVOLUTIONS)
    below = constants[f"{name}_relu_gamma"].astype(np.float64).reshape(len(scale))
    bend = 1 - below
    if np.abs(bend).min() < _LEAST_FROM_LINEAR:
        raise ValueError(f"an activation of {name} is linear")
    is_apart = shape[1] == 1
    kernel = kernel * (factor[:, None, None, None] if is_apart else factor[None, :, None, None])
    kernel = kernel * (scale * np.abs(bend))[:, None, None, None]
    layer = Layer(
        kernel=kernel.astype(np.float32),
        bias=(shift * np.abs(bend)).astype(np.float32),
        slope=(below / bend).astype(np.float32),
        stride=stride,
    )
    return layer, np.sign(bend)


def _projection(
    constants: Constants, channels: int, factor: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the matrix and its bias, which include the batch normalizations before and after."""
    matrix = _dequantized(constants, "pre_fc1_weight", (EMBEDDING_SIZE, channels, _CELLS))
    scale, shift = _normalization(constants, "bn1", _MEAN_OF_OTHERS)
    bias = _dequantized(constants, "pre_fc1_bias", (EMBEDDING_SIZE,))
    bias = bias + matrix.sum(axis=2, dtype=np.float64) @ shift
    after, shift = _normalization(constants, "fc1", _MEAN_OF_OTHERS)
    matrix *= np.outer(after, scale * factor).astype(np.float32)[:, :, None]
    return matrix.reshape(EMBEDDING_SIZE, -1), (bias * after + shift).astype(np.float32)


def _normalization(
    constants: Constants, name: str, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factor and the summand of a batch normalization."""
    gamma, beta, mean, variance = (
        constants[f"{name}_{part}"].astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_var")
    )
    scale = gamma / np.sqrt(variance + epsilon)
    return scale, beta - mean * scale


def _dequantized(constants: Constants, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return weights (shape). Each row of the last axis has a scale for each of its blocks."""
    values, scales, zeros = (
        constants[f"{name}_{part}"] for part in ("quantized", "scales", "zero_point")
    )
    length = values.shape[-1]
    block = -(-length // scales.shape[-1])
    weights: NDArray[np.float32] = values.astype(np.float32)
    for change, of_blocks in ((np.subtract, zeros), (np.multiply, scales)):
        # The last block may be shorter.
        of_values = np.repeat(of_blocks.astype(np.float32), block, axis=-1)[..., :length]
        change(weights, of_values, out=weights)
    return weights.reshape(shape)
