"""The face engine of this process, and the engine whose results the site uses.

The engine of a process is chosen by the settings and made once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Exists
from django.utils import timezone
from django.utils.module_loading import import_string

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.engine import FaceEngine
from picprocure.faces.errors import ModelError
from picprocure.faces.models.alternatives import AUTO
from picprocure.recognition.models import EngineInUse


def current_engine() -> FaceEngine:
    """Return the face engine of this process.

    Raises:
        ModelError: A model file of the engine is missing or has the wrong content.
    """
    return _engine(settings.FACE_ENGINE, *engine_parts().values(), settings.MODELS_DIR)


def engine_parts() -> dict[str, str]:
    """Return the names of the engine's detector and embedder, by "detector" and "embedder".

    For "auto", these are the parts of the engine that the site uses. If no site has started yet,
    they are the best ones whose model files were there at the first call.
    """
    return _resolved(settings.FACE_DETECTOR, settings.FACE_EMBEDDER, settings.MODELS_DIR)


def use_current_engine() -> None:
    """Make this process's engine the one whose results are used. Called as the site starts."""
    version = current_engine().version
    in_use, _ = EngineInUse.objects.get_or_create(defaults={"version": version})
    if in_use.version != version:
        EngineInUse.objects.update(version=version, since=timezone.now())


class AnotherEngine(ModelError):
    """This process has another engine than the site."""


def ensure_engine_in_use() -> None:
    """Check that this process has the engine whose results the site uses.

    If no site has started yet, this engine becomes the one in use.

    Raises:
        ModelError: A model is not here, or the settings choose another engine. The message says
            what to do.
    """
    version = current_engine().version
    in_use, _ = EngineInUse.objects.get_or_create(defaults={"version": version})
    if in_use.version != version:
        raise AnotherEngine(
            f"The settings of this worker choose the face engine {version}, but "
            f"the site uses {in_use.version}. Set the same PICPROCURE_FACE_DETECTOR and "
            "PICPROCURE_FACE_EMBEDDER for both, and restart the site if they changed."
        )


def replaced(engine: FaceEngine) -> Exists:
    """Return the condition that the site uses results of another engine than this one.

    Processes that started earlier, or on another machine, may have another engine. If each of them
    analyzed an event's photos with its own, they would never finish.
    """
    return Exists(EngineInUse.objects.exclude(version=engine.version))


@cache
def _resolved(detector: str, embedder: str, models_dir: Path | None) -> dict[str, str]:
    in_use = _parts_in_use() if AUTO in {detector, embedder} else set()
    return {
        kind.task: next((name for name in kind.names if chosen == AUTO and name in in_use), None)
        or kind.resolved_name(chosen, models_dir)
        for kind, chosen in ((DETECTORS, detector), (EMBEDDERS, embedder))
    }


def _parts_in_use() -> set[str]:
    try:
        return {name for row in EngineInUse.objects.all() for name in row.version.split("-")}
    except DatabaseError:  # there are no tables before the first start
        return set()


@cache
def _engine(dotted_path: str, detector: str, embedder: str, models_dir: Path | None) -> FaceEngine:
    make_engine = import_string(dotted_path)
    engine: FaceEngine = make_engine(
        DETECTORS.named(detector, models_dir), EMBEDDERS.named(embedder, models_dir)
    )
    return engine
