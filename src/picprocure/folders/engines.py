"""The face engine, made anew in each process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from picprocure.faces.detectors import detector_named
from picprocure.faces.engine import DlibEngine, shared_embedder
from picprocure.folders.analysis import EngineChoice

if TYPE_CHECKING:
    from pathlib import Path


def engine_with(detector: str, models_dir: Path | None = None) -> EngineChoice:
    """Raises ``ModelError`` when the detector's network is not here or not itself."""
    chosen = detector_named(detector, models_dir)
    return EngineChoice(
        make=partial(_engine, chosen.name, models_dir),
        version=DlibEngine(detector=chosen).version,
        about={"detector": chosen.name, "embedder": shared_embedder().name},
    )


def _engine(detector: str, models_dir: Path | None) -> DlibEngine:
    return DlibEngine(detector=detector_named(detector, models_dir))
