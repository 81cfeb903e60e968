"""Find faces with dlib's frontal detector: histograms of gradients in a sliding window.

Source: N. Dalal, B. Triggs, "Histograms of Oriented Gradients for Human Detection", 2005,
as trained and implemented in dlib (`get_frontal_face_detector`).
"""

from __future__ import annotations

import threading
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Final

import dlib

from picprocure.faces.detectors.base import Detection
from picprocure.faces.types import Box
from picprocure.imaging.loading import scaled

if TYPE_CHECKING:
    from picprocure.imaging.loaded_image import Pixels

WINDOW_PX: Final = 80
"""Side of the detector's window. Smaller faces in the searched picture are not found."""

SEARCH_SIDE: Final = 3200
"""Longer side of the searched picture, in pixels. The smallest face that is found takes up a
fortieth of it. It finds as much as 1600 with dlib's own upsampling, without reducing large photos
first. It takes 0.5 s for a photo on one core. 2400 takes 0.3 s, and 4000 takes 0.7 s."""

SMALLEST_FACE_PX: Final = 32
"""Side of the smallest face that is searched for, in pixels of the picture. With 24, recall on 268
counted faces is .94 instead of .77. But smaller faces can't be told apart: the share of strangers
within .50 of each other goes from 3 to 20 in 10,000."""

MIN_SCORE: Final = 0.05
"""No false box in 17 counted photos. At other sizes, 0 to .05 let one in (a badge on a sleeve). Of
113 faces of at least 28 pixels, .97 are found."""

UPRIGHT_SCORE: Final = 0.7
TURNED_SCORE: Final = 0.7
WEAK_SCORE: Final = 0.1
"""The best face of each of 48 photos of people had at least .9. If they were turned by 90, 180 or
270 degrees, it had at most .5, except for a head that leans to the side (1.1)."""

TURN_SEARCH_SIDE: Final = 1280
"""Longer side of the picture in which it is found out how a photo is turned. It takes a fifth of
the time of the whole search. Faces must have a sixteenth of it."""


class HogDetector:
    """Searches the picture at the size at which the smallest useful face fills the window."""

    name = "hog"
    upright_score = UPRIGHT_SCORE
    turned_score = TURNED_SCORE
    weak_score = WEAK_SCORE

    def __init__(
        self,
        *,
        search_side: int = SEARCH_SIDE,
        smallest_face_px: int = SMALLEST_FACE_PX,
        min_score: float = MIN_SCORE,
    ) -> None:
        self._search_side = search_side
        self._max_factor = WINDOW_PX / smallest_face_px
        self._min_score = min_score
        # dlib's detector keeps the features of the picture in itself while it searches, and lets
        # other threads run. So each thread has a detector of its own. Detectors are small.
        self._of_thread = threading.local()

    def turn_search_side(self, longer_side: int) -> int:  # noqa: ARG002  (always the same)
        return TURN_SEARCH_SIDE

    def find(
        self, pixels: Pixels, *, reduction: float = 1.0, max_side: int | None = None
    ) -> list[Detection]:
        side = min(self._search_side, max_side or self._search_side)
        factor = min(side / max(pixels.shape[:2]), self._max_factor * reduction)
        boxes, scores, _ = self._detector().run(scaled(pixels, factor), 0, self._min_score)
        return [
            Detection(_box(rectangle).scaled(1 / factor), float(score))
            for rectangle, score in zip(boxes, scores, strict=True)
        ]

    def _detector(self) -> dlib.fhog_object_detector:
        if not hasattr(self._of_thread, "detector"):
            self._of_thread.detector = copy(_unpacked_detector())
        return self._of_thread.detector


@cache
def _unpacked_detector() -> dlib.fhog_object_detector:
    """Return dlib's detector, to be copied. Unpacking it takes .4 s, and copying it 2 ms."""
    return dlib.get_frontal_face_detector()


def _box(rectangle: dlib.rectangle) -> Box:
    # dlib's rectangles include the last column and row.
    return Box(rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
