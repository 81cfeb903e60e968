"""Types that all code about faces shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

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

    def scaled(self, factor: float) -> Self:
        """Return the same rectangle in a picture that is enlarged by a factor."""
        return type(self)(
            round(self.left * factor),
            round(self.top * factor),
            round(self.right * factor),
            round(self.bottom * factor),
        )

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
    """

    box: Box
    embedding: Embedding
    score: float = 0.0
