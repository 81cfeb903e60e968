"""Real face engines for tests, made once per process.

Those that remember save time where many tests show the same pictures. Tests of the engine itself
use one that doesn't.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.detectors.yunet import YunetDetector
from picprocure.faces.embedding.dlib_resnet import ResnetEmbedder
from picprocure.faces.embedding.sface import SfaceEmbedder
from picprocure.faces.engine import ComposedEngine
from picprocure.faces.models import registry
from remembering import RememberingEngine

REPO = Path(__file__).parents[1]
MODELS_DIR = Path(os.environ.get("PICPROCURE_TEST_MODELS", REPO / "var/models"))
"""Where `make test` puts the fetched models."""


def model_or_skip(model: registry.Model) -> Path:
    """Return the file of a model, or skip the test if it was not fetched."""
    if not registry.is_here(model, MODELS_DIR):
        pytest.skip(f"no {model.file_name}; `make test` gets it, if there is a network")
    return registry.model_path(model, MODELS_DIR)


@cache
def best_engine() -> ComposedEngine:
    """Return the engine that `make demo` uses."""
    return ComposedEngine(
        YunetDetector(model_or_skip(registry.YUNET)), SfaceEmbedder(model_or_skip(registry.SFACE))
    )


@cache
def remembering_engine() -> RememberingEngine:
    """Return the engine that `make demo` uses. It looks at each picture once per test run."""
    return RememberingEngine(
        YunetDetector(model_or_skip(registry.YUNET)), SfaceEmbedder(model_or_skip(registry.SFACE))
    )


def use_best_engine(settings: Any) -> None:
    """Let the site's code in this process use the engine that `make demo` uses."""
    settings.FACE_ENGINE = "remembering.RememberingEngine"
    settings.FACE_DETECTOR, settings.FACE_EMBEDDER = "yunet", "sface"
    settings.MODELS_DIR = MODELS_DIR
    for model in (registry.YUNET, registry.SFACE):
        model_or_skip(model)


@cache
def dlib_embedder() -> ResnetEmbedder:
    return ResnetEmbedder()


@cache
def dlib_engine() -> ComposedEngine:
    """Return the engine that needs no fetched model."""
    return ComposedEngine(HogDetector(), dlib_embedder())


@cache
def remembering_dlib_engine() -> RememberingEngine:
    """Return the engine that needs no fetched model. It looks at each picture once per test run."""
    return RememberingEngine(HogDetector(), dlib_embedder())
