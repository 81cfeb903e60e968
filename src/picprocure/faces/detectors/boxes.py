"""Compute with many candidate boxes at once: float32 (n, 4), left, top, right, bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes that may be faces, in pixels.

    Attributes:
        boxes: float32 (n, 4).
        scores: float32 (n,).
        points: Five points of each face as x and y, float32 (n, 5, 2).
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        return type(self)(self.boxes[chosen], self.scores[chosen], self.points[chosen])

    def moved(self, x: float, y: float) -> Self:
        """Return the candidates, moved to the right and down."""
        shift = np.array([x, y], dtype=np.float32)
        return type(self)(self.boxes + np.tile(shift, 2), self.scores, self.points + shift)

    def scaled(self, factor: float) -> Self:
        """Return the candidates in a picture that is enlarged by a factor."""
        size = np.float32(factor)
        return type(self)(self.boxes * size, self.scores, self.points * size)

    @property
    def longer_sides(self) -> NDArray[np.float32]:
        """Return the longer side of each box, float32 (n,)."""
        sides: NDArray[np.float32] = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1, initial=0)
        return sides


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Concatenate candidates. There must be at least one part."""
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.points for part in parts]),
    )


def without_repeats(
    candidates: Candidates, *, max_overlap: float, max_containment: float
) -> Candidates:
    """Remove candidates that repeat a more certain one (non-maximum suppression).

    Args:
        candidates: In any order.
        max_overlap: The maximum intersection of two faces, as a share of their union.
        max_containment: The maximum intersection as a share of the smaller box. Networks also see
            faces in parts of large faces.

    Returns:
        The remaining candidates, the most certain first.
    """
    order = np.argsort(-candidates.scores, kind="stable")
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        shared, areas = _intersections(candidates.boxes[best], candidates.boxes[rest])
        own = _areas(candidates.boxes[best][None])[0]
        repeats = shared > max_overlap * (own + areas - shared)
        repeats |= shared > max_containment * np.minimum(own, areas)
        order = rest[~repeats]
    return candidates[np.array(kept, dtype=np.intp)]


def _intersections(
    box: NDArray[np.float32], boxes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the areas that boxes share with a box, and their own areas, float32 (n,) each."""
    corner = np.maximum(box[:2], boxes[:, :2])
    opposite = np.minimum(box[2:], boxes[:, 2:])
    shared: NDArray[np.float32] = np.maximum(opposite - corner, 0).prod(axis=1)
    return shared, _areas(boxes)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)
    return areas
