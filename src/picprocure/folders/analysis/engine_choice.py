"""The choice of a face engine, which each worker process creates for itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.engine import ComposedEngine, engine_version
from picprocure.folders.analysis.types import EngineChoice

if TYPE_CHECKING:
    from pathlib import Path


def choose_engine(
    detector: str, embedder: str, models_dir: Path | None = None, *, keep_model: bool = True
) -> EngineChoice:
    """Return how worker processes create the engine of this detector and embedder.

    The engine is not created here, since this process would only use its version.

    Args:
        detector: One of `DETECTORS.choices`.
        embedder: One of `EMBEDDERS.choices`.
        models_dir: The folder of fetched models. None is the default one.
        keep_model: Whether the embedder's network may be kept in the user's cache folder.

    Raises:
        ModelError: A model is missing or has the wrong content.
    """
    chosen = {
        "detector": DETECTORS.checked_name(detector, models_dir),
        "embedder": EMBEDDERS.checked_name(embedder, models_dir),
    }
    make = partial(_engine, models_dir=models_dir, keep_model=keep_model, **chosen)
    return EngineChoice(make=make, version=engine_version(**chosen), about=chosen)


def _engine(
    *, detector: str, embedder: str, models_dir: Path | None, keep_model: bool
) -> ComposedEngine:
    return ComposedEngine(
        DETECTORS.named(detector, models_dir),
        EMBEDDERS.named(embedder, models_dir, keep_model=keep_model),
    )
