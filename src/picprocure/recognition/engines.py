"""The face engine that the settings name, made once per process."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from picprocure.faces.engine import FaceEngine


def current_engine() -> FaceEngine:
    return _engine(settings.FACE_ENGINE)


@cache
def _engine(dotted_path: str) -> FaceEngine:
    engine: FaceEngine = import_string(dotted_path)()
    return engine
