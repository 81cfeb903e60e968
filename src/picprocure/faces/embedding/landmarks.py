"""Find dlib's five landmarks of a face: the corners of the eyes and the base of the nose.

Source: dlib's `shape_predictor_5_face_landmarks.dat` (D. King, 2017). It finds them in the boxes of
any detector.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import dlib
import numpy as np
from numpy.typing import NDArray

from picprocure.faces.models import registry

if TYPE_CHECKING:
    from picprocure.faces.types import Box
    from picprocure.imaging.loaded_image import Pixels

Landmarks: TypeAlias = NDArray[np.float32]
"""x and y in pixels (5, 2): two corners of one eye, two of the other, and the base of the nose."""


def landmarks_of(pixels: Pixels, box: Box) -> Landmarks:
    """Return the landmarks of a face."""
    parts = shape_of(pixels, box).parts()
    return np.array([(point.x, point.y) for point in parts], dtype=np.float32)


def shape_of(pixels: Pixels, box: Box) -> Any:
    """Return the landmarks of a face as dlib's own type."""
    # dlib's rectangles include the last column and row.
    rectangle = dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
    return _predictor()(pixels, rectangle)


@cache
def _predictor() -> Any:
    """Return the predictor, which several threads may call at once. It is read once per process."""
    return dlib.shape_predictor(str(registry.landmarks_path()))
