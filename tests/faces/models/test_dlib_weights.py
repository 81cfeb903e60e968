"""The reader accepts exactly one network from dlib's file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from picprocure.faces.errors import WeightsDamaged
from picprocure.faces.models import registry
from picprocure.faces.models.dlib_weights import ResNet, read_resnet

FIRST_WEIGHT = 352
"""Where the first weight is in the published file. Everything before it is structure."""


@pytest.fixture(scope="module")
def published() -> bytes:
    return registry.resnet_path().read_bytes()


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    return tmp_path / "damaged.dat"


def test_the_published_network_has_29_layers(published: bytes) -> None:
    network = read_resnet(registry.resnet_path())
    assert 1 + 2 * len(network.blocks) == 29
    assert network.stem.kernel.shape == (32, 3, 7, 7)
    widths = [block.second.kernel.shape[0] for block in network.blocks]
    assert widths == [32] * 3 + [64] * 4 + [128] * 3 + [256] * 4
    assert [number for number, block in enumerate(network.blocks) if block.halves] == [3, 7, 10, 13]
    assert network.projection.shape == (256, 128)


def test_every_weight_is_a_float32() -> None:
    network = read_resnet(registry.resnet_path())
    convolutions = [network.stem]
    for block in network.blocks:
        convolutions += [block.first, block.second]
    arrays = [network.projection]
    arrays += [values for each in convolutions for values in (each.kernel, each.bias)]
    assert {values.dtype for values in arrays} == {np.dtype(np.float32)}
    assert sum(values.size for values in arrays) == 5_607_488


@pytest.mark.parametrize("length", [0, 1, 30, 335, FIRST_WEIGHT, 20_000, 8_000_000, -1])
def test_a_file_that_ends_too_early_is_refused(
    length: int, published: bytes, damaged: Path
) -> None:
    damaged.write_bytes(published[:length])
    with pytest.raises(WeightsDamaged, match=r"damaged\.dat .* ends too early"):
        read_resnet(damaged)


def test_a_file_that_goes_on_is_refused(published: bytes, damaged: Path) -> None:
    damaged.write_bytes(published + b"\x01\x01")
    with pytest.raises(WeightsDamaged, match="2 bytes are left over"):
        read_resnet(damaged)


def test_another_model_of_dlibs_is_refused() -> None:
    with pytest.raises(WeightsDamaged, match=r"landmarks\.dat is not the published one"):
        read_resnet(registry.landmarks_path())


@pytest.mark.parametrize(
    ("there", "instead", "reason"),
    [
        (b"loss_metric_2", b"loss_metric_9", "loss is 'loss_metric_9'"),
        (b"\x05con_4", b"\x05con_5", "layer is 'con_5' instead of 'con_4'"),
        (b"affine_", b"bn_con2", "layer is 'bn_con2' instead of 'affine_'"),
        (b"avg_pool_2\x01\x02", b"avg_pool_2\x01\x03", "rows of a window is 3 instead of 2"),
        (b"\x01\x96\x01\x96", b"\x01\x96\x01\x97", "columns of the input is 151 instead of 150"),
        (
            b"\x01\x07\x01\x07\x01\x02\x01\x02",
            b"\x01\x07\x01\x07\x01\x02\x01\x03",
            "horizontal stride is 3",
        ),
        (b"relu_110", b"relu_120", "b'2' is neither true nor false"),
        (b"con_4\x01\x02\x02\x80\x12", b"con_4\x01\x02\x82\x80\x12", "shape of a tensor is"),
    ],
)
def test_what_is_not_as_published_is_named(
    there: bytes, instead: bytes, reason: str, published: bytes, damaged: Path
) -> None:
    assert there in published
    damaged.write_bytes(published.replace(there, instead, 1))
    with pytest.raises(WeightsDamaged, match=reason):
        read_resnet(damaged)


def test_a_weight_that_is_no_number_is_refused(published: bytes, damaged: Path) -> None:
    content = bytearray(published)
    content[FIRST_WEIGHT : FIRST_WEIGHT + 4] = struct.pack("<f", float("nan"))
    damaged.write_bytes(content)
    with pytest.raises(WeightsDamaged, match="a weight is not a number"):
        read_resnet(damaged)


def test_no_change_of_a_byte_of_the_structure_ends_in_another_error(
    published: bytes, damaged: Path
) -> None:
    generator = np.random.default_rng(0)
    refused = 0
    for position in range(0, FIRST_WEIGHT, 5):
        content = bytearray(published)
        content[position] ^= int(generator.integers(1, 256))
        damaged.write_bytes(content)
        try:
            assert isinstance(read_resnet(damaged), ResNet)
        except WeightsDamaged:
            refused += 1
    assert refused > 50
