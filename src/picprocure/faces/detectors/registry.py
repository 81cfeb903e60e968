"""The registry of detectors: the only place that names them all.

The command line, the settings, `picprocure models` and the benchmarks take their choices from
here. Importing this module is fast: a detector's own module is imported when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from picprocure.faces.models import registry as models

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.detectors.base import Detector
    from picprocure.faces.models.registry import Model


@dataclass(frozen=True, slots=True)
class DetectorEntry:
    """A detector that can be chosen.

    Attributes:
        name: The detector's own `name`.
        module: A module of this package.
        class_name: A class of that module. It is called with the path of the model's file, or
            without arguments if there is no model.
        model: The file that it needs, if any.
        origin: License and source of a detector without a model.
    """

    name: str
    module: str
    class_name: str
    model: Model | None = None
    origin: str = ""

    def is_available(self, models_dir: Path | None = None) -> bool:
        """Return whether the detector needs no file, or the file is there."""
        return self.model is None or models.is_here(self.model, models_dir)

    def make(self, models_dir: Path | None = None) -> Detector:
        """Return a new detector.

        Raises:
            ModelMissing: The file is not there.
            WrongModel: The file is not the one that its name says.
            UnusableModel: The file can't be run.
        """
        module = import_module(f"{__package__}.{self.module}")
        arguments = () if self.model is None else (models.model_path(self.model, models_dir),)
        detector: Detector = getattr(module, self.class_name)(*arguments)
        return detector


REGISTRY: Final = (
    DetectorEntry("yunet", "yunet", "YunetDetector", models.YUNET),
    DetectorEntry("centerface", "centerface", "CenterfaceDetector", models.CENTERFACE),
    DetectorEntry("hog", "hog", "HogDetector", origin="BSL-1.0, built into the package dlib-bin"),
)
"""The best first, by `benchmarks/detection.py`. The first two find every counted face, and YuNet is
four times as fast. The last needs no file. It finds faces that look into the camera and are at
least 32 pixels wide."""

DETECTORS: Final = tuple(entry.name for entry in REGISTRY)
"""All names, the best first."""

AUTO: Final = "auto"
"""The choice of the best detector that is available."""

CHOICES: Final = (AUTO, *DETECTORS)


def resolved_name(name: str, models_dir: Path | None = None) -> str:
    """Return the name of the best available detector for `AUTO`, and any other name unchanged.

    Args:
        name: One of `CHOICES`.
        models_dir: The folder of fetched models, by default `default_models_dir()`.
    """
    if name != AUTO:
        return name
    return next(entry.name for entry in REGISTRY if entry.is_available(models_dir))


def detector_named(name: str, models_dir: Path | None = None) -> Detector:
    """Return a new detector of this name, or the best available one for `AUTO`.

    Args:
        name: One of `CHOICES`.
        models_dir: The folder of fetched models, by default `default_models_dir()`.

    Raises:
        ModelMissing: The detector's file is not there.
        WrongModel: The file is not the one that its name says.
        UnusableModel: The file can't be run.
        ValueError: There is no detector of this name.
    """
    wanted = resolved_name(name, models_dir)
    for entry in REGISTRY:
        if entry.name == wanted:
            return entry.make(models_dir)
    raise ValueError(f"there is no detector {name!r}; there are {', '.join(CHOICES)}")


def best_detector(models_dir: Path | None = None) -> Detector:
    """Return the best available detector.

    Raises:
        WrongModel: A file is not the one that its name says.
        UnusableModel: A file can't be run.
    """
    return detector_named(AUTO, models_dir)
