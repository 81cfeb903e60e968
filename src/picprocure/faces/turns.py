"""Find out how a photo must be turned if its file doesn't say that it is sideways or upside down.

Detectors also find some faces that are not upright, but none of them for certain. All places of
their landmarks are as in an upright face, so they don't tell how it is turned. The scores do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import scaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from picprocure.faces.detectors import Detection, Detector

TURNS: Final = (90, 180, 270)
"""Degrees, clockwise."""

MIN_EVIDENCE: Final = 0.3
"""Evidence in a small picture for which the photo is searched in full in this turn."""


def turned_upright(
    detector: Detector, image: LoadedImage, found: Sequence[Detection]
) -> tuple[int, Sequence[Detection]]:
    """Return by how many degrees a photo must be turned clockwise, and its faces in this turn.

    Args:
        detector: The detector.
        image: The photo.
        found: The faces that the detector found in the photo as it is.
    """
    if _best_score(found) >= detector.upright_score:
        return 0, found
    degrees = _likely_turn(detector, image)
    if not degrees:
        return 0, found
    turned = image.turned(degrees)
    faces = detector.find(turned.pixels, reduction=turned.reduction)
    is_upright = _best_score(faces) >= detector.turned_score
    is_better = _evidence(detector, faces) > _evidence(detector, found)
    return (degrees, faces) if is_upright and is_better else (0, found)


def _likely_turn(detector: Detector, image: LoadedImage) -> int:
    """Return the turn with the most evidence in a small picture, 0 if there is too little."""
    evidence = {}
    side = detector.turn_search_side(max(image.width, image.height))
    small = _reduced(image, side)
    for degrees in TURNS:
        turned = small.turned(degrees)
        found = detector.find(turned.pixels, reduction=turned.reduction, max_side=side)
        evidence[degrees] = _evidence(detector, found)
    best = max(TURNS, key=evidence.__getitem__)
    return best if evidence[best] >= MIN_EVIDENCE else 0


def _reduced(image: LoadedImage, side: int) -> LoadedImage:
    factor = min(1.0, side / max(image.pixels.shape[:2]))
    return LoadedImage(scaled(image.pixels, factor), image.width, image.height)


def _best_score(found: Sequence[Detection]) -> float:
    return max((face.score for face in found), default=-math.inf)


def _evidence(detector: Detector, found: Sequence[Detection]) -> float:
    """Return how much speaks for this turn. A face that is certainly upright counts 1."""
    weak, upright = detector.weak_score, detector.upright_score
    return sum(max(0.0, face.score - weak) / (upright - weak) for face in found)
