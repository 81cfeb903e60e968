"""The protocol of detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from picprocure.faces.types import Box
    from picprocure.imaging.loaded_image import Pixels

Point: TypeAlias = tuple[float, float]
"""x and y in pixels."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One face, in pixels of the picture that was given.

    ``box`` is the square from brows to chin, as dlib's landmark model knows faces, whichever
    detector found it. A higher ``score`` is more certain, within one detector. ``points`` are the
    eyes, the tip of the nose and the corners of the mouth, each pair from the picture's left to
    its right, where the detector gives them.
    """

    box: Box
    score: float
    points: tuple[Point, ...] | None = None


class Detector(Protocol):
    """Finds faces; may be called from several threads at once."""

    @property
    def name(self) -> str:
        """A short name that changes whenever the boxes would."""
        ...

    def find(self, pixels: Pixels, *, reduction: float = 1.0) -> list[Detection]:
        """Return the faces of a picture, the most certain first.

        Args:
            reduction: the side of a pixel, in pixels of the original. It tells which faces are too
                small to be worth a search.
        """
        ...
