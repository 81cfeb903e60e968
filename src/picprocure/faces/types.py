"""Types that all code about faces shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Embedding: TypeAlias = NDArray[np.float32]
"""One face, float32 (128,)."""

Embeddings: TypeAlias = NDArray[np.float32]
"""Faces, one in each row, float32 (n, 128)."""

EMBEDDING_SIZE = 128


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels. Right and bottom are exclusive. It may reach beyond the picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return max(0, self.width) * max(0, self.height)

    def shared_area(self, other: Box) -> int:
        """Return the area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def overlap(self, other: Box) -> float:
        """Return the intersection over union."""
        shared = self.shared_area(other)
        return shared / (self.area + other.area - shared) if shared else 0.0

    def scaled(self, factor: float) -> Self:
        """Return the same rectangle in a picture that is enlarged by a factor."""
        return type(self)(
            round(self.left * factor),
            round(self.top * factor),
            round(self.right * factor),
            round(self.bottom * factor),
        )

    def turned(self, degrees: int, width: int, height: int) -> Self:
        """Return the same rectangle in a picture that is turned clockwise.

        Args:
            degrees: 0, 90, 180 or 270.
            width: The width of the picture before it is turned.
            height: The height of the picture before it is turned.
        """
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        match degrees:
            case 90:
                return type(self)(height - bottom, left, height - top, right)
            case 180:
                return type(self)(width - right, height - bottom, width - left, height - top)
            case 270:
                return type(self)(top, width - right, bottom, width - left)
        return self

    def clipped(self, width: int, height: int) -> Self:
        """Return the part inside a picture of this size. It may be empty."""
        left = min(max(self.left, 0), width)
        top = min(max(self.top, 0), height)
        return type(self)(
            left, top, max(left, min(self.right, width)), max(top, min(self.bottom, height))
        )


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of one photo.

    Attributes:
        box: In pixels of the upright original. It may reach beyond the edge.
        embedding: (128,), of length 1 (`picprocure.faces.vectors`).
        score: The detector's confidence. Scores of two detectors can't be compared.
        turn: The degrees (0, 90, 180 or 270) by which the photo must be turned clockwise to be
            upright, after it was turned as its EXIF says. All faces of a photo have the same.
    """

    box: Box
    embedding: Embedding
    score: float = 0.0
    turn: int = 0


def turn_of_faces(faces: Sequence[FoundFace]) -> int:
    """Return the `turn` of a photo's faces, 0 if it has none."""
    return faces[0].turn if faces else 0
