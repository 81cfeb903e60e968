"""The protocol that all detectors follow."""

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
    """One face, in pixels of the picture that was searched.

    Attributes:
        box: The square from brows to chin, as dlib's landmark model expects it from any detector.
        score: A higher score is more certain. Scores of two detectors can't be compared.
        points: The eyes, the tip of the nose and the corners of the mouth, each pair from left to
            right in the picture. Some detectors return none.
    """

    box: Box
    score: float
    points: tuple[Point, ...] | None = None


class Detector(Protocol):
    """Finds faces. Several threads may call it at once."""

    @property
    def name(self) -> str:
        """A short name. It changes with the boxes."""
        ...

    @property
    def upright_score(self) -> float:
        """If a face has at least this score, the photo is certainly upright."""
        ...

    @property
    def turned_score(self) -> float:
        """A photo is turned only if a face has at least this score then."""
        ...

    @property
    def weak_score(self) -> float:
        """A face with at most this score says nothing about how the photo is turned."""
        ...

    def turn_search_side(self, longer_side: int) -> int:
        """Return the longer side of the picture in which it is found out how a photo is turned.

        Args:
            longer_side: The longer side of the original, in pixels.
        """
        ...

    def find(
        self, pixels: Pixels, *, reduction: float = 1.0, max_side: int | None = None
    ) -> list[Detection]:
        """Return the faces of a picture, the most certain first.

        Args:
            pixels: The picture.
            reduction: The side of one of its pixels, in pixels of the original. It tells which
                faces are too small to search for.
            max_side: The longer side to which the picture is reduced at least, in pixels. It saves
                time if only large faces matter.
        """
        ...
