from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from picprocure.config import settings as product_settings
from picprocure.faces.errors import ModelMissing
from picprocure.faces.models import registry
from picprocure.pipeline.app import refuse_wrong_machine
from picprocure.recognition import engines
from picprocure.recognition.engines import current_engine, engine_parts, use_current_engine
from picprocure.recognition.models import EngineInUse
from picprocure.recognition.startup_checks import face_engine_is_ready
from real_engines import model_or_skip


@pytest.fixture(autouse=True)
def real_engine(settings: Any, tmp_path: Path) -> None:
    settings.FACE_ENGINE = "picprocure.faces.engine.ComposedEngine"
    settings.FACE_DETECTOR = product_settings.FACE_DETECTOR
    settings.FACE_EMBEDDER = product_settings.FACE_EMBEDDER
    settings.MODELS_DIR = tmp_path


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Start each test like a new process, which has not resolved the detector yet."""
    engines._resolved.cache_clear()
    yield
    engines._resolved.cache_clear()


@pytest.mark.django_db
def test_best_available_detector_is_the_default() -> None:
    assert current_engine().version.startswith("hog-")
    assert face_engine_is_ready() == []


@pytest.mark.django_db
def test_model_added_while_the_process_runs_is_ignored(settings: Any) -> None:
    assert engine_parts()["detector"] == "hog"
    (settings.MODELS_DIR / registry.YUNET.file_name).write_bytes(b"")
    assert engine_parts()["detector"] == "hog"
    engines._resolved.cache_clear()  # the next process
    assert engine_parts()["detector"] == "yunet"


@pytest.mark.django_db
def test_broken_model_file_stops_the_start(settings: Any) -> None:
    (settings.MODELS_DIR / registry.YUNET.file_name).write_bytes(b"half of it")
    (problem,) = face_engine_is_ready()
    assert registry.YUNET.sha256 in problem.msg


@pytest.mark.django_db
def test_model_that_comes_later_changes_no_engine_in_use(settings: Any) -> None:
    """A change would analyze all photos again. The settings can ask for it."""
    use_current_engine()
    sface = model_or_skip(registry.SFACE)
    (settings.MODELS_DIR / sface.name).symlink_to(sface)
    engines._resolved.cache_clear()  # the next start
    assert engine_parts() == {"detector": "hog", "embedder": "dlib"}
    settings.FACE_EMBEDDER = "sface"
    assert engine_parts() == {"detector": "hog", "embedder": "sface"}


@pytest.mark.django_db
def test_worker_with_another_engine_refuses_to_start(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    EngineInUse.objects.update_or_create(defaults={"version": "yunet-sface-5"})
    settings.FACE_DETECTOR, settings.FACE_EMBEDDER = "hog", "dlib"
    with pytest.raises(SystemExit):
        refuse_wrong_machine()
    message = capsys.readouterr().err
    assert "hog-dlib-5" in message
    assert "yunet-sface-5" in message


@pytest.mark.django_db
def test_worker_without_a_model_of_the_site_refuses_to_start(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    EngineInUse.objects.update_or_create(defaults={"version": "hog-sface-5"})

    with pytest.raises(SystemExit):
        refuse_wrong_machine()
    message = capsys.readouterr().err
    assert "`picprocure models get sface`" in message
    assert str(settings.MODELS_DIR) in message


@pytest.mark.django_db
def test_missing_model_file_stops_the_start_and_says_how_to_get_it(settings: Any) -> None:
    settings.FACE_DETECTOR = "yunet"
    with pytest.raises(ModelMissing):
        current_engine()
    (problem,) = face_engine_is_ready()
    assert "picprocure models get yunet" in problem.msg
