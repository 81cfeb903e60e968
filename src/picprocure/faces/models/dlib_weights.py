"""Read dlib's published face recognition network, `dlib_face_recognition_resnet_model_v1.dat`.

The file is dlib's serialization of one C++ type: first the wrappers of all layers from the last to
the first, then the contents of the layers from the first to the last. The format has no field
names, so a reader must know the network. This reader checks every value, and refuses all other
networks.

Integers are a byte with sign and length, followed by that many bytes. Real numbers are a mantissa
and an exponent, both as integers. Source: dlib's `serialize.h`, `dnn/core.h`, `dnn/layers.h`, and
the declaration of the network in `tools/python/src/face_recognition.cpp`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from picprocure.faces.errors import WeightsDamaged
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CHIP_SIDE: Final = 150
"""Side of a chip, the picture of one face that the network takes, in pixels."""

_STEM_CHANNELS: Final = 32
_BLOCKS: Final = (
    *[(32, False)] * 3,
    *[(64, True), *[(64, False)] * 3],
    *[(128, True), *[(128, False)] * 2],
    *[(256, True), *[(256, False)] * 2],
    (256, True),
)
"""Channels of each residual block, and whether it halves the picture."""

_LAYER: Final = 2
_FIRST_LAYER: Final = 3
_TAG: Final = 1
"""Versions that dlib writes before a layer, before the first layer, and before a tag or skip."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution whose stride and padding are the same in both directions.

    Attributes:
        kernel: float32 (out, in, height, width).
        bias: float32 (out,).
        stride: In pixels.
        padding: In pixels, on each side.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class ResidualBlock:
    """A block that computes relu(second(relu(first(x))) + x).

    If the two summands differ in size or channels, zeros are added to the smaller one, at the
    right, at the bottom and at the end.

    Attributes:
        first: The first convolution.
        second: The second convolution.
        halves: Whether the x that is added is averaged over 2 by 2 pixels.
    """

    first: Convolution
    second: Convolution
    halves: bool


@dataclass(frozen=True, slots=True)
class ResNet:
    """The network. The affine layers are part of the convolutions before them.

    The stem is followed by a ReLU and a maximum over 3 by 3 pixels with stride 2, then by the
    blocks, the mean of each channel, and the projection.

    Attributes:
        stem: Takes RGB of 0 to 255 (n, 3, 150, 150).
        blocks: In their order.
        projection: float32 (256, 128).
    """

    stem: Convolution
    blocks: tuple[ResidualBlock, ...]
    projection: NDArray[np.float32]


def read_resnet(path: Path) -> ResNet:
    """Read the network from dlib's file.

    Raises:
        WeightsDamaged: The file has anything but exactly this network.
    """
    reader = _Reader(path)
    _skip_wrappers(reader)
    stem = _read_stem(reader)
    blocks = []
    channels = _STEM_CHANNELS
    for wider, halves in _BLOCKS:
        blocks.append(_read_block(reader, channels, wider, halves=halves))
        channels = wider
    projection = _read_projection(reader, channels)
    reader.expect_end()
    return ResNet(stem, tuple(blocks), projection)


def _skip_wrappers(reader: _Reader) -> None:
    reader.expect("version of the loss", reader.integer(), 1)
    reader.expect("loss", reader.text(), "loss_metric_2")
    reader.real()  # margin and threshold of the distance are only used in training
    reader.real()
    for version in _wrappers():
        reader.expect("version of a layer", reader.integer(), version)


def _wrappers() -> list[int]:
    """Return the versions before all layers, from the last layer to the first."""
    projection_and_mean = [_LAYER] * 2
    relu_and_sum = [_LAYER] * 2
    pool_skip_tag = [_LAYER, _TAG, _TAG]
    two_convolutions_and_tag = [_LAYER] * 5 + [_TAG]
    versions = projection_and_mean
    for _, halves in reversed(_BLOCKS):
        versions += relu_and_sum + pool_skip_tag * halves + two_convolutions_and_tag
    max_relu_affine = [_LAYER] * 3
    return versions + max_relu_affine + [_FIRST_LAYER]


def _read_stem(reader: _Reader) -> Convolution:
    reader.expect("input", reader.text(), "input_rgb_image_sized")
    mean = np.array([reader.real() for _ in "RGB"])
    for side in ("rows", "columns"):
        reader.expect(f"{side} of the input", reader.integer(), CHIP_SIDE)
    kernel, bias = _read_raw_convolution(reader, (_STEM_CHANNELS, 3, 7, 7), stride=2, padding=0)
    _skip_state(reader)
    reader.expect("copies of a sample", reader.integer(), 1)
    gamma, beta = _read_affine(reader, _STEM_CHANNELS)
    _skip_relu(reader)
    _skip_pool(reader, "max_pool_2", window=3, stride=2)
    # dlib's input is (value - mean) / 256. There is no padding, so the kernel can include this.
    kernel = kernel / 256
    bias = bias - np.einsum("oihw,i->o", kernel, mean)
    return _folded(kernel, bias, gamma, beta, stride=2, padding=0)


def _read_block(reader: _Reader, channels: int, wider: int, *, halves: bool) -> ResidualBlock:
    first = _read_convolution(reader, channels, wider, halves=halves)
    _skip_relu(reader)
    second = _read_convolution(reader, wider, wider, halves=False)
    if halves:
        _skip_pool(reader, "avg_pool_2", window=2, stride=2)
    reader.expect("layer", reader.text(), "add_prev_")
    _skip_state(reader)
    _skip_relu(reader)
    return ResidualBlock(first, second, halves)


def _read_convolution(reader: _Reader, channels: int, wider: int, *, halves: bool) -> Convolution:
    stride, padding = (2, 0) if halves else (1, 1)
    kernel, bias = _read_raw_convolution(
        reader, (wider, channels, 3, 3), stride=stride, padding=padding
    )
    _skip_state(reader)
    gamma, beta = _read_affine(reader, wider)
    return _folded(kernel, bias, gamma, beta, stride=stride, padding=padding)


def _read_projection(reader: _Reader, channels: int) -> NDArray[np.float32]:
    _skip_pool(reader, "avg_pool_2", window=0, stride=1)  # 0: over the whole picture
    reader.expect("layer", reader.text(), "fc_2")
    reader.expect("outputs", reader.integer(), EMBEDDING_SIZE)
    reader.expect("inputs", reader.integer(), channels)
    values = reader.tensor((channels, EMBEDDING_SIZE, 1, 1))
    reader.expect_view((channels, EMBEDDING_SIZE, 1, 1))
    reader.expect_view((0, 0, 0, 0))
    reader.expect("absence of a bias", reader.integer(), 1)
    _skip_training_factors(reader)
    _skip_state(reader)
    return values.reshape(channels, EMBEDDING_SIZE)


def _read_raw_convolution(
    reader: _Reader, shape: tuple[int, int, int, int], *, stride: int, padding: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    filters, _, height, width = shape
    count = math.prod(shape)
    reader.expect("layer", reader.text(), "con_4")
    values = reader.tensor((count + filters, 1, 1, 1)).astype(np.float64)
    for field, expected in (
        ("filters", filters),
        ("rows of a filter", height),
        ("columns of a filter", width),
        ("vertical stride", stride),
        ("horizontal stride", stride),
        ("vertical padding", padding),
        ("horizontal padding", padding),
    ):
        reader.expect(field, reader.integer(), expected)
    reader.expect_view(shape)
    reader.expect_view((1, filters, 1, 1))
    _skip_training_factors(reader)
    return values[:count].reshape(shape), values[count:]


def _read_affine(reader: _Reader, channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    reader.expect("layer", reader.text(), "affine_")
    values = reader.tensor((2 * channels, 1, 1, 1)).astype(np.float64)
    reader.expect_view((1, channels, 1, 1))
    reader.expect_view((1, channels, 1, 1))
    reader.expect("affine mode", reader.integer(), 0)  # one factor for each channel
    _skip_state(reader)
    return values[:channels], values[channels:]


def _folded(
    kernel: NDArray[np.float64],
    bias: NDArray[np.float64],
    gamma: NDArray[np.float64],
    beta: NDArray[np.float64],
    *,
    stride: int,
    padding: int,
) -> Convolution:
    return Convolution(
        kernel=(kernel * gamma[:, None, None, None]).astype(np.float32),
        bias=(bias * gamma + beta).astype(np.float32),
        stride=stride,
        padding=padding,
    )


def _skip_relu(reader: _Reader) -> None:
    reader.expect("layer", reader.text(), "relu_")
    _skip_state(reader)


def _skip_pool(reader: _Reader, name: str, *, window: int, stride: int) -> None:
    reader.expect("layer", reader.text(), name)
    for field, expected in (
        ("rows of a window", window),
        ("columns of a window", window),
        ("vertical stride", stride),
        ("horizontal stride", stride),
        ("vertical padding", 0),
        ("horizontal padding", 0),
    ):
        reader.expect(field, reader.integer(), expected)
    _skip_state(reader)


def _skip_training_factors(reader: _Reader) -> None:
    """Skip the factors of learning rate and weight decay, for weights and bias."""
    for _ in range(4):
        reader.real()


def _skip_state(reader: _Reader) -> None:
    """Skip the training state after a layer."""
    for _ in range(3):
        reader.flag()
    for _ in range(3):
        reader.tensor((0, 0, 0, 0))


class _Reader:
    """Reads the values of a file, and refuses unexpected ones. All methods raise WeightsDamaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = path.read_bytes()
        self._at = 0

    def integer(self) -> int:
        """Return an integer."""
        (control,) = self._take(1)
        value = int.from_bytes(self._take(control & 0x0F), "little")
        return -value if control & 0x80 else value

    def real(self) -> float:
        """Return a real number."""
        mantissa, exponent = self.integer(), self.integer()
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as error:
            raise self._damaged("a number is too large") from error

    def text(self) -> str:
        """Return a text."""
        return self._take(self.integer()).decode("ascii", "replace")

    def flag(self) -> bool:
        """Return a Boolean."""
        value = self._take(1)
        if value not in {b"0", b"1"}:
            raise self._damaged(f"{value!r} is neither true nor false")
        return value == b"1"

    def tensor(self, shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Return the values of a tensor (n,), after checking its shape."""
        self.expect("version of a tensor", self.integer(), 2)
        self.expect("shape of a tensor", self._shape(), shape)
        values = np.frombuffer(self._take(4 * math.prod(shape)), dtype="<f4")
        if not np.isfinite(values).all():
            raise self._damaged("a weight is not a number")
        return values.astype(np.float32)

    def expect_view(self, shape: tuple[int, int, int, int]) -> None:
        """Check the shape in which a layer uses a part of its tensor."""
        self.expect("version of a view", self.integer(), 1)
        self.expect("shape of a view", self._shape(), shape)

    def expect(self, field: str, found: Any, expected: Any) -> None:
        """Check a value. The name of the field is for the message."""
        if found != expected:
            raise self._damaged(f"{field} is {found!r} instead of {expected!r}")

    def expect_end(self) -> None:
        """Check that all bytes were read."""
        left = len(self._content) - self._at
        if left:
            raise self._damaged(f"{left} bytes are left over")

    def _shape(self) -> tuple[int, ...]:
        return tuple(self.integer() for _ in range(4))

    def _take(self, count: int) -> bytes:
        if not 0 <= count <= len(self._content) - self._at:
            raise self._damaged("it ends too early")
        self._at += count
        return self._content[self._at - count : self._at]

    def _damaged(self, reason: str) -> WeightsDamaged:
        return WeightsDamaged(self._path, f"{reason}, before byte {self._at:,}")
