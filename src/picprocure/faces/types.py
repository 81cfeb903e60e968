"""Types that all face code shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Embedding: TypeAlias = NDArray[np.float32]
"""(128,), one face."""

Embeddings: TypeAlias = NDArray[np.float32]
"""(n, 128), one face a row."""

EMBEDDING_SIZE = 128


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are exclusive. It may reach beyond the picture."""

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
        """Return the same rectangle on the picture enlarged by ``factor``."""
        return type(self)(
            round(self.left * factor),
            round(self.top * factor),
            round(self.right * factor),
            round(self.bottom * factor),
        )

    def clipped(self, width: int, height: int) -> Self:
        """Return the part that is on a picture of this size; it may be empty."""
        left = min(max(self.left, 0), width)
        top = min(max(self.top, 0), height)
        return type(self)(
            left, top, max(left, min(self.right, width)), max(top, min(self.bottom, height))
        )


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of one photo.

    ``box`` is in pixels of the upright original and may reach beyond its edge. ``embedding`` (128,)
    has the length 1 (`picprocure.faces.vectors`). ``score`` is the detector's own confidence, which
    can be compared only within one detector.
    """

    box: Box
    embedding: Embedding
    score: float = 0.0
