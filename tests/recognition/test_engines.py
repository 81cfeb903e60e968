from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from picprocure.faces.errors import ModelMissing
from picprocure.recognition.checks import face_engine_is_ready
from picprocure.recognition.engines import current_engine


@pytest.fixture(autouse=True)
def real_engine(settings: Any, tmp_path: Path) -> None:
    settings.FACE_ENGINE = "picprocure.faces.engine.DlibEngine"
    settings.MODELS_DIR = tmp_path


def test_the_default_detector_needs_no_file() -> None:
    assert current_engine().version.startswith("hog-")
    assert face_engine_is_ready() == []


def test_auto_takes_what_is_here(settings: Any) -> None:
    settings.FACE_DETECTOR = "auto"
    assert current_engine().version.startswith("hog-")


def test_a_detector_that_is_not_here_stops_the_start_and_says_how_to_get_it(settings: Any) -> None:
    settings.FACE_DETECTOR = "yunet"
    with pytest.raises(ModelMissing):
        current_engine()
    (problem,) = face_engine_is_ready()
    assert "picprocure models get yunet" in problem.msg
