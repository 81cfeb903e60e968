"""Real photos for the tests of the engine, each analyzed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from picprocure.faces.detectors.centerface import CenterfaceDetector
from picprocure.faces.detectors.yunet import YunetDetector
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.models import registry
from picprocure.faces.types import FoundFace
from real_engines import model_or_skip, remembering_engine

REPO = Path(__file__).parents[2]
GROUP_PHOTOS = REPO / "node_modules/@vladmandic/face-api/demo"
PORTRAITS = REPO / "var/photos/face_recognition-1.3.0/tests/test_images"
MAX_PIXELS = 50_000_000


@pytest.fixture(scope="session")
def group_photo() -> Callable[[int], Path]:
    """Return one of the six group photos. A woman is in 1 (on the right) and 3 (in the middle)."""
    return lambda number: _existing(GROUP_PHOTOS / f"sample{number}.jpg")


@pytest.fixture(scope="session")
def portrait() -> Callable[[str], Path]:
    """obama, obama2 and obama3 show one man, biden another."""
    return lambda name: _existing(PORTRAITS / f"{name}.jpg")


def _existing(path: Path) -> Path:
    if not path.is_file():
        pytest.fail(f"{path.name} is missing; `make test` gets the sample photos first")
    return path


@pytest.fixture(scope="session")
def yunet() -> YunetDetector:
    return YunetDetector(model_or_skip(registry.YUNET))


@pytest.fixture(scope="session")
def centerface() -> CenterfaceDetector:
    return CenterfaceDetector(model_or_skip(registry.CENTERFACE))


@pytest.fixture(scope="session")
def engine() -> ComposedEngine:
    """Return an engine that looks at each picture once per test run."""
    return remembering_engine()


@pytest.fixture(scope="session")
def faces_in(engine: ComposedEngine) -> Callable[[Path], list[FoundFace]]:
    @cache
    def analyzed(path: Path) -> list[FoundFace]:
        return analyze_photo(engine, path, name=path.name, max_pixels=MAX_PIXELS)

    return analyzed
