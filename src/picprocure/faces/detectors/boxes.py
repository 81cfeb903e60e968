"""Arithmetic on many candidate boxes at once: float32 (n, 4), left, top, right, bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a network takes for faces, in pixels.

    ``boxes`` float32 (n, 4), ``scores`` float32 (n,), ``points`` float32 (n, 5, 2) as x, y.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        return type(self)(self.boxes[chosen], self.scores[chosen], self.points[chosen])

    def moved(self, x: float, y: float) -> Self:
        shift = np.array([x, y], dtype=np.float32)
        return type(self)(self.boxes + np.tile(shift, 2), self.scores, self.points + shift)

    def scaled(self, factor: float) -> Self:
        size = np.float32(factor)
        return type(self)(self.boxes * size, self.scores, self.points * size)

    @property
    def longer_sides(self) -> NDArray[np.float32]:
        """float32 (n,)."""
        sides: NDArray[np.float32] = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1, initial=0)
        return sides


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Concatenate candidates; there is at least one part."""
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.points for part in parts]),
    )


def without_repeats(
    candidates: Candidates, *, max_overlap: float, max_containment: float
) -> Candidates:
    """Suppress non-maxima: keep the most certain first, without repeats of one before it.

    A box repeats another when their intersection is more than ``max_overlap`` of their union, or
    more than ``max_containment`` of the smaller one: networks see faces in parts of large faces.
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
    box: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the areas shared with a box, and the others' own areas, float32 (n,) each."""
    corner = np.maximum(box[:2], others[:, :2])
    opposite = np.minimum(box[2:], others[:, 2:])
    shared: NDArray[np.float32] = np.maximum(opposite - corner, 0).prod(axis=1)
    return shared, _areas(others)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)
    return areas
