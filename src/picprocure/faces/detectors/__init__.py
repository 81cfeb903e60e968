"""Face detectors with one protocol, and the choice among them."""

from picprocure.faces.detectors.base import Detection, Detector, Point
from picprocure.faces.detectors.registry import DETECTORS

__all__ = ["DETECTORS", "Detection", "Detector", "Point"]
