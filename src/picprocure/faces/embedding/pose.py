"""Compute the yaw of a head from dlib's five landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from picprocure.faces.embedding.landmarks import Landmarks


def yaw_of(landmarks: Landmarks) -> float:
    """Return how far the nose is from the middle between the eyes.

    The unit is half the distance between the eyes. Heads differ, so the yaw is no angle.

    Returns:
        About 0 for a face from the front. It is positive if the nose points to the right of the
        picture, which is the person's own left, and grows as the head turns.
    """
    eyes = landmarks[:4].reshape(2, 2, 2).mean(axis=1)
    left, right = eyes[eyes[:, 0].argsort()]
    axis = right - left
    length = float(axis @ axis)
    if length == 0:
        return 0.0
    return float(2 * ((landmarks[4] - (left + right) / 2) @ axis) / length)
