"""Face detectors with one protocol, and the choice among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.faces.detectors.base import Detection, Detector, Point
from picprocure.faces.detectors.centerface import CenterfaceDetector
from picprocure.faces.detectors.hog import HogDetector
from picprocure.faces.detectors.yunet import YunetDetector
from picprocure.faces.models import registry

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AUTO",
    "DETECTORS",
    "Detection",
    "Detector",
    "Point",
    "best_detector",
    "detector_named",
]

AUTO: Final = "auto"

DETECTORS: Final = ("yunet", "centerface", "hog")
"""The best first, by `benchmarks/detection.py`: the first two find every counted face, YuNet four
times as fast; the third finds those that look into the camera and are 32 pixels or wider."""


def best_detector(models_dir: Path | None = None) -> Detector:
    """Return the first of ``DETECTORS`` whose model is here; the last needs no file.

    ``models_dir`` is the folder of fetched models, by default ``registry.default_models_dir()``.
    Raises ``WrongModel`` if a file is not what its name says.
    """
    if registry.is_here(registry.YUNET, models_dir):
        return detector_named("yunet", models_dir)
    if registry.is_here(registry.CENTERFACE, models_dir):
        return detector_named("centerface", models_dir)
    return HogDetector()


def detector_named(name: str, models_dir: Path | None = None) -> Detector:
    """Return one of ``DETECTORS``, or the best for ``AUTO``.

    Raises ``ModelMissing`` and ``WrongModel``.
    """
    if name == AUTO:
        return best_detector(models_dir)
    if name == "yunet":
        return YunetDetector(registry.model_path(registry.YUNET, models_dir))
    if name == "centerface":
        return CenterfaceDetector(registry.model_path(registry.CENTERFACE, models_dir))
    if name == "hog":
        return HogDetector()
    raise ValueError(f"there is no detector {name!r}; there are {', '.join((AUTO, *DETECTORS))}")
