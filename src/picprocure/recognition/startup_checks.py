"""Checks of the face engine before the site starts."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error

from picprocure.faces.errors import ModelError
from picprocure.faces.models import registry
from picprocure.recognition.engines import current_engine, engine_parts


def face_engine_is_ready(**_: object) -> list[CheckMessage]:
    """Return an error if a model file is missing, rather than at the first photo."""
    try:
        current_engine()
        registry.landmarks_path()
        if engine_parts()["embedder"] == "dlib":
            registry.resnet_path()
    except ModelError as problem:
        return [Error(str(problem), id="picprocure.E001")]
    return []
