"""The choice of a face engine, which each worker process creates for itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from picprocure.faces.detectors import detector_named
from picprocure.faces.embedding.embedder import OnnxEmbedder
from picprocure.faces.engine import DlibEngine
from picprocure.folders.analysis.types import EngineChoice

if TYPE_CHECKING:
    from pathlib import Path


def choose_engine(
    detector: str, models_dir: Path | None = None, *, keep_model: bool = True
) -> EngineChoice:
    """Return how worker processes create the engine with this detector.

    Args:
        detector: The detector's name.
        models_dir: The folder of detector models. None is the default one.
        keep_model: Whether the embedding model may be kept in the user's cache folder.

    Raises:
        ModelError: The detector's model is missing or has the wrong content.
    """
    chosen = detector_named(detector, models_dir)
    embedder = OnnxEmbedder(keep_model=keep_model)
    return EngineChoice(
        make=partial(_engine, chosen.name, models_dir, keep_model=keep_model),
        version=DlibEngine(chosen, embedder).version,
        about={"detector": chosen.name, "embedder": embedder.name},
    )


def _engine(detector: str, models_dir: Path | None, *, keep_model: bool) -> DlibEngine:
    return DlibEngine(detector_named(detector, models_dir), OnnxEmbedder(keep_model=keep_model))
