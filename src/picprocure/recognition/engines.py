"""The face engine that the settings choose, made once per process; and the one that counts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from picprocure.faces.detectors import detector_named, resolved_name
from picprocure.faces.engine import FaceEngine
from picprocure.recognition.models import EngineInUse


def current_engine() -> FaceEngine:
    """Raises ModelError when the chosen detector's network is not here or not itself."""
    return _engine(settings.FACE_ENGINE, detector_in_use(), settings.MODELS_DIR)


def detector_in_use() -> str:
    """The detector's name; for "auto" the best that was here when this process first asked."""
    return _resolved(settings.FACE_DETECTOR, settings.MODELS_DIR)


def use_current_engine() -> None:
    """As the site starts: its engine is the one that counts from now on."""
    EngineInUse.objects.update_or_create(
        defaults={"version": current_engine().version, "since": timezone.now()}
    )


def counts(engine: FaceEngine) -> bool:
    """Whether this engine's results count; the first to ask decides where no site has started.

    Processes that started earlier, or elsewhere, may have another engine. If each of them brought
    an event's photos up to its own, there would be no end to it.
    """
    in_use, _ = EngineInUse.objects.get_or_create(defaults={"version": engine.version})
    return in_use.version == engine.version


@cache
def _resolved(detector: str, models_dir: Path | None) -> str:
    return resolved_name(detector, models_dir)


@cache
def _engine(dotted_path: str, detector: str, models_dir: Path | None) -> FaceEngine:
    make_engine = import_string(dotted_path)
    engine: FaceEngine = make_engine(detector=detector_named(detector, models_dir))
    return engine
