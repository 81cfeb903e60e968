"""Face detectors with one protocol, and the choice among them."""

from picprocure.faces.detectors.base import Detection, Detector, Point
from picprocure.faces.detectors.registry import (
    AUTO,
    CHOICES,
    DETECTORS,
    REGISTRY,
    best_detector,
    detector_named,
    resolved_name,
)

__all__ = [
    "AUTO",
    "CHOICES",
    "DETECTORS",
    "REGISTRY",
    "Detection",
    "Detector",
    "Point",
    "best_detector",
    "detector_named",
    "resolved_name",
]
