"""The yaw of a head, from dlib's five landmarks."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Landmarks: TypeAlias = NDArray[np.float32]
"""(5, 2), x and y in pixels: two corners of one eye, two of the other, the base of the nose."""


def yaw_of(landmarks: Landmarks) -> float:
    """Return how far the nose is from the middle between the eyes, in half distances between them.

    It is about 0 for a face seen from the front, and positive if the nose points to the picture's
    right, which is the person's own left. It grows with the turn, but is no angle: heads differ.
    """
    eyes = landmarks[:4].reshape(2, 2, 2).mean(axis=1)
    left, right = eyes[eyes[:, 0].argsort()]
    axis = right - left
    length = float(axis @ axis)
    if length == 0:
        return 0.0
    return float(2 * ((landmarks[4] - (left + right) / 2) @ axis) / length)
