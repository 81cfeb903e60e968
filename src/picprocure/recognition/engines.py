"""The face engine that the settings choose, made once per process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from picprocure.faces.detectors import detector_named
from picprocure.faces.engine import FaceEngine


def current_engine() -> FaceEngine:
    """Raises ModelError when the chosen detector's network is not here or not itself."""
    return _engine(settings.FACE_ENGINE, settings.FACE_DETECTOR, settings.MODELS_DIR)


@cache
def _engine(dotted_path: str, detector: str, models_dir: Path | None) -> FaceEngine:
    make_engine = import_string(dotted_path)
    engine: FaceEngine = make_engine(detector=detector_named(detector, models_dir))
    return engine
