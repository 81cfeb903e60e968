"""The face engine of this process, and the engine whose results the site uses.

The engine of a process is chosen by the settings and made once.
"""

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
    """Return the face engine of this process.

    Raises:
        ModelError: A model file of the chosen detector is missing or has the wrong content.
    """
    return _engine(settings.FACE_ENGINE, detector_in_use(), settings.MODELS_DIR)


def detector_in_use() -> str:
    """Return the detector's name.

    For "auto", that is the best detector whose model files were there at the first call.
    """
    return _resolved(settings.FACE_DETECTOR, settings.MODELS_DIR)


def use_current_engine() -> None:
    """Make this process's engine the one whose results are used. Called as the site starts."""
    EngineInUse.objects.update_or_create(
        defaults={"version": current_engine().version, "since": timezone.now()}
    )


def is_in_use(engine: FaceEngine) -> bool:
    """Return whether the site uses results of this engine.

    If no site has started yet, the first engine that this is called for becomes the one in use.

    Processes that started earlier, or on another machine, may have another engine. If each of them
    analyzed an event's photos with its own, they would never finish.
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
