"""dlib's frontal detector: histograms of oriented gradients and a sliding window.

Source: N. Dalal, B. Triggs, "Histograms of Oriented Gradients for Human Detection", 2005,
as trained and implemented in dlib (`get_frontal_face_detector`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import dlib

from picprocure.faces.detectors.base import Detection
from picprocure.faces.types import Box
from picprocure.imaging.loading import scaled

if TYPE_CHECKING:
    from picprocure.imaging.loaded_image import Pixels

WINDOW_PX: Final = 80
"""The detector's window: it sees no face that is smaller on the picture it searches."""

SEARCH_SIDE: Final = 3200
"""Longer side of the picture that is searched, in pixels: the smallest face that is found takes up
a fortieth of it. As fine as 1600 with dlib's own upsampling, without reducing a large photo first.
0.5 s a photo on one core; 2400 takes 0.3 s, 4000 0.7 s."""

SMALLEST_FACE_PX: Final = 32
"""Side of the smallest face that is looked for, in the picture as given. Smaller ones are found as
well (recall on 268 counted faces .77 with 32, .94 with 24), but can't be told apart: below 32
pixels the rate at which strangers fall within .50 of each other goes from 3 to 20 in 10,000."""

MIN_SCORE: Final = 0.05
"""No false box in 17 counted photos, where 0 to .05 still let one in at other sizes (a badge on a
sleeve). Of 113 faces of at least 28 pixels .97 are found."""


class HogDetector:
    """Searches the picture at the size at which the smallest useful face fills the window."""

    name = "hog"

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
        # dlib's detector keeps the picture's features inside itself while it searches and lets
        # other threads run meanwhile, so each thread has one of its own (it is small).
        self._of_thread = threading.local()

    def find(self, pixels: Pixels, *, reduction: float = 1.0) -> list[Detection]:
        factor = min(self._search_side / max(pixels.shape[:2]), self._max_factor * reduction)
        boxes, scores, _ = self._detector().run(scaled(pixels, factor), 0, self._min_score)
        return [
            Detection(_box(rectangle).scaled(1 / factor), float(score))
            for rectangle, score in zip(boxes, scores, strict=True)
        ]

    def _detector(self) -> dlib.fhog_object_detector:
        if not hasattr(self._of_thread, "detector"):
            self._of_thread.detector = dlib.get_frontal_face_detector()
        return self._of_thread.detector


def _box(rectangle: dlib.rectangle) -> Box:
    # dlib counts the last column and row in.
    return Box(rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
