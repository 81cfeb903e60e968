"""The network that is built from SFace's file computes what the published file does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from picprocure.faces.errors import UnusableModel
from picprocure.faces.models import registry
from picprocure.faces.models.cache import sface_model
from picprocure.faces.models.onnx_reader import constants_of
from picprocure.faces.models.protobuf import bytes_field, fields_of
from picprocure.faces.models.sface_weights import CHIP_SIDE, read_sface
from real_engines import model_or_skip

GRAPH, NODE, INPUT = 7, 1, 11
"""Field numbers of ModelProto and GraphProto."""


@pytest.fixture(scope="module")
def published() -> Path:
    return model_or_skip(registry.SFACE)


@pytest.fixture(scope="module")
def chips() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Noise, plain colors and stripes: they reach both sides of every activation."""
    random = np.random.default_rng(0)
    chips = random.integers(0, 256, (5, CHIP_SIDE, CHIP_SIDE, 3)).astype(np.uint8)
    chips[1] = 0
    chips[2] = 255
    chips[3, ::8] = 255
    chips[4] = (200, 120, 90)
    return chips


def published_session(path: Path) -> onnxruntime.InferenceSession:
    """Return the published network as it is, but for inputs that are computed within it."""
    parts = []
    for field in fields_of(path.read_bytes()):
        if field.number == GRAPH:
            kept = [
                part.encoded
                for part in fields_of(field.value)
                if part.number != INPUT or b"data" in part.value[:6]
            ]
            parts.append(bytes_field(GRAPH, b"".join(kept)))
        else:
            parts.append(field.encoded)
    return session(b"".join(parts))


def session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@pytest.mark.engine
def test_embeddings_are_those_of_the_published_file(
    published: Path, chips: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> None:
    theirs = published_session(published)
    ours = session(sface_model(published, None))
    (all_at_once,) = ours.run(None, {"chips": chips})
    for chip, embedding in zip(chips, all_at_once, strict=True):
        planes = chip.transpose(2, 0, 1)[None].astype(np.float32)
        (expected,) = theirs.run(None, {"data": planes})
        assert np.abs(embedding - expected[0]).max() < 1e-4


@pytest.mark.engine
def test_second_process_reads_what_the_first_one_built(published: Path, tmp_path: Path) -> None:
    built = sface_model(published, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.name.startswith("sface-")
    assert kept.read_bytes() == built == sface_model(published, tmp_path / "cache")


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x3a\xff\x01", bytes(500)])
def test_file_that_is_no_network_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(UnusableModel, match=r"broken\.onnx"):
        read_sface(path)


@pytest.mark.engine
def test_network_without_one_of_its_weights_is_refused(published: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.onnx"
    content = published.read_bytes()
    assert content.count(b"fc1_gamma") > 1
    path.write_bytes(content.replace(b"fc1_gamma", b"fc1_gammo"))
    with pytest.raises(UnusableModel):
        read_sface(path)


@pytest.mark.engine
def test_constants_have_their_shapes_and_types(published: Path) -> None:
    constants = constants_of(published.read_bytes())
    assert constants["conv_1_batchnorm_gamma"].shape == (32,)
    assert constants["conv_1_batchnorm_gamma"].dtype == np.float32
    assert constants["pre_fc1_weight_quantized"].shape == (128, 1024 * 49)
    assert constants["pre_fc1_weight_quantized"].dtype == np.int8
