"""The face engine of this process, and the engine whose results the site uses.

The engine of a process is chosen by the settings and made once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.engine import FaceEngine
from picprocure.faces.models.registry import model_path
from picprocure.recognition.models import EngineInUse


def current_engine() -> FaceEngine:
    """Return the face engine of this process.

    Raises:
        ModelError: A model file of the engine is missing or has the wrong content.
    """
    return _engine(settings.FACE_ENGINE, *engine_parts().values(), settings.MODELS_DIR)


def engine_parts() -> dict[str, str]:
    """Return the names of the engine's detector and embedder, by "detector" and "embedder".

    For "auto", that is the best one whose model file was there at the first call.
    """
    return _resolved(settings.FACE_DETECTOR, settings.FACE_EMBEDDER, settings.MODELS_DIR)


def use_current_engine() -> None:
    """Make this process's engine the one whose results are used. Called as the site starts."""
    EngineInUse.objects.update_or_create(
        defaults={"version": current_engine().version, "since": timezone.now()}
    )


def ensure_models_of_engine_in_use() -> None:
    """Check that this machine has the models of the engine whose results are used.

    Raises:
        ModelMissing: One is not here. The message says how to get it.
        WrongModel: A file is not the one that its name says.
    """
    names = {name for row in EngineInUse.objects.all() for name in row.version.split("-")}
    for kind in (DETECTORS, EMBEDDERS):
        for model in kind.models_of(names):
            model_path(model, settings.MODELS_DIR)


def is_in_use(engine: FaceEngine) -> bool:
    """Return whether the site uses results of this engine.

    If no site has started yet, the first engine that this is called for becomes the one in use.

    Processes that started earlier, or on another machine, may have another engine. If each of them
    analyzed an event's photos with its own, they would never finish.
    """
    in_use, _ = EngineInUse.objects.get_or_create(defaults={"version": engine.version})
    return in_use.version == engine.version


@cache
def _resolved(detector: str, embedder: str, models_dir: Path | None) -> dict[str, str]:
    return {
        "detector": DETECTORS.resolved_name(detector, models_dir),
        "embedder": EMBEDDERS.resolved_name(embedder, models_dir),
    }


@cache
def _engine(dotted_path: str, detector: str, embedder: str, models_dir: Path | None) -> FaceEngine:
    make_engine = import_string(dotted_path)
    engine: FaceEngine = make_engine(
        DETECTORS.named(detector, models_dir), EMBEDDERS.named(embedder, models_dir)
    )
    return engine
