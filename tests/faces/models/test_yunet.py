"""The network that is built from YuNet's file computes what the published file does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.detectors.onnx_model import OnnxModel
from picprocure.faces.errors import UnusableModel
from picprocure.faces.models import registry, yunet_onnx
from picprocure.imaging.loading import load_upright
from real_engines import model_or_skip

from ..conftest import MAX_PIXELS

PARTS = {"cls": slice(0, 1), "obj": slice(1, 2), "bbox": slice(2, 6), "kps": slice(6, 16)}


@pytest.fixture(scope="module")
def published() -> Path:
    return model_or_skip(registry.YUNET)


def built(path: Path) -> OnnxModel:
    return OnnxModel(path, input_name=yunet_onnx.PICTURES, adapt=yunet_onnx.build_model)


def logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    clipped = np.clip(probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


@pytest.mark.engine
def test_maps_have_the_values_of_the_published_file(published: Path, labeled_photos: Path) -> None:
    path = labeled_photos / "counts/11.jpg"
    photo = load_upright(path, name=path.name, max_pixels=MAX_PIXELS).pixels
    noise = np.random.default_rng(0).integers(0, 256, (320, 384, 3), dtype=np.uint8)
    pictures = np.stack([photo[:320, :384], noise])
    maps = built(published).run(pictures)
    theirs = OnnxModel(published, input_name="input")
    for number, picture in enumerate(pictures):
        blue_first = picture[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        expected = theirs.run(blue_first)
        for stride in yunet_onnx.STRIDES:
            cells = maps[str(stride)][number].reshape(16, -1).T
            for part, columns in PARTS.items():
                wanted = expected[f"{part}_{stride}"][0]
                found = cells[:, columns]
                if part in ("cls", "obj"):
                    wanted, found = logits(wanted), np.clip(found, *logits(np.array([0, 1])))
                    assert np.abs(found - wanted).max() < 0.2
                    found, wanted = 1 / (1 + np.exp(-found)), 1 / (1 + np.exp(-wanted))
                assert np.abs(found - wanted).max() < 1e-4


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x3a\xff\x01", bytes(500)])
def test_file_that_is_no_network_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(UnusableModel, match=r"broken\.onnx"):
        built(path)


@pytest.mark.engine
def test_network_without_one_of_its_weights_is_refused(published: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.onnx"
    content = published.read_bytes()
    name = b"bbox_head.multi_level_cls.0.conv1.weight"
    assert name in content
    path.write_bytes(content.replace(name, name[:-1] + b"x"))
    with pytest.raises(UnusableModel, match=r"changed\.onnx"):
        built(path)
