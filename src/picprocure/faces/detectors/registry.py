"""The registry of detectors: the only place that names them all.

The command line, the settings, `picprocure models` and the benchmarks take their choices from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from picprocure.faces.models.alternatives import Alternative, Alternatives
from picprocure.faces.models.registry import CENTERFACE, YUNET

if TYPE_CHECKING:
    from picprocure.faces.detectors.base import Detector

_HERE: Final = __package__ or ""

DETECTORS: Final[Alternatives[Detector]] = Alternatives(
    "detector",
    Alternative("yunet", f"{_HERE}.yunet", "YunetDetector", YUNET),
    Alternative("centerface", f"{_HERE}.centerface", "CenterfaceDetector", CENTERFACE),
    Alternative(
        "hog",
        f"{_HERE}.hog",
        "HogDetector",
        origin="BSL-1.0, in the package dlib-bin",
        packages=("dlib",),
    ),
)
"""The best first, by `benchmarks/detection.py`. The first two find every counted face, and YuNet is
four times as fast. The last needs no file. It finds faces that look into the camera and are at
least 32 pixels wide."""
