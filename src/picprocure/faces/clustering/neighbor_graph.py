"""Which faces of an event are near which: the graph that clustering listens on.

Every pair is looked at, by matrix products over blocks, so nothing near is ever missed. What is
held does not grow with the square of the faces: one block of products, and a bounded number of
neighbors. Where an event has more (thousands of photos of one person), the faces with the most
neighbors are not kept but measured again whenever they are asked for: the answer is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_ROWS: Final = 512
_COLUMNS: Final = 8192
"""A block of products, 16 MB. Smaller ones slow the product down (256 rows: by a quarter on one
core), larger ones leave the processor's cache before they are compared."""

_ROUNDING: Final = 2e-5
"""What a product of float32 may be wrong by, as a share of the largest squared length. The bound
for sums of 130 terms is 1.6e-5 (N. Higham, "Accuracy and Stability of Numerical Algorithms",
2002, section 3.1)."""

_KEPT_PAIRS: Final = 50_000_000
_KEPT_PAIRS_PER_FACE: Final = 200
"""Pairs are kept up to the larger of the two; one takes 9 bytes while they are looked for and 10
as neighbors: at most 1 GB for 50,000 faces and 4 GB for a million."""

_MEASURED_ANEW: Final = 2**23
"""Neighbors that are measured again in one go; some 40 bytes each at the worst moment."""

_MAX_WEIGHT: Final = 255

_NEAR_ENOUGH: Final = 0.7
"""Share of the threshold within which neighbors weigh alike. Two shots of one scene are so near
each other that they would outweigh all the rest, and keep to themselves: of an event in which every
photo was taken twice, .85 was delivered instead of .71. Without such shots nothing changes."""


class Pairs(NamedTuple):
    """Faces ``these[i]`` and ``those[i]`` are near; ``weights`` from 1, just near, to 77."""

    these: NDArray[np.int32]
    those: NDArray[np.int32]
    weights: NDArray[np.uint8]

    def only(self, chosen: NDArray[np.bool_ | np.intp]) -> Pairs:
        """Those that are chosen by a mask, or by their places and in that order."""
        return Pairs(self.these[chosen], self.those[chosen], self.weights[chosen])

    def turned(self) -> Pairs:
        return Pairs(self.those, self.these, self.weights)


class Around(NamedTuple):
    """The neighbors of one face with their weights, in no particular order."""

    faces: NDArray[np.int32]
    weights: NDArray[np.uint8]


class Proximity:
    """Finds the pairs of faces that are nearer than the threshold and not of one photo."""

    def __init__(
        self, embeddings: Embeddings, photos: NDArray[np.integer], threshold: float
    ) -> None:
        count, size = embeddings.shape
        half_squares = np.einsum("ij,ij->i", embeddings, embeddings) / 2
        # With these two more columns, a product is minus half the squared distance.
        self._those = np.empty((count, size + 2), dtype=np.float32)
        self._those[:, :size] = embeddings
        self._those[:, size] = -half_squares
        self._those[:, size + 1] = 1
        self._photos = photos
        self._threshold = threshold
        self._error = _ROUNDING * 2 * float(half_squares.max(initial=0))
        self._products = np.empty(_ROWS * _COLUMNS, dtype=np.float32)
        self._close = np.empty(_ROWS * _COLUMNS, dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._those)

    def all_pairs(self) -> Iterator[Pairs]:
        """Each pair once, ``these`` before ``those``."""
        for top in range(0, len(self), _ROWS):
            rows = np.arange(top, min(top + _ROWS, len(self)))
            for found in self._pairs_of(rows, first_column=top):
                yield found.only(found.these < found.those)

    def pairs_of(self, faces: NDArray[np.integer]) -> Iterator[Pairs]:
        """Each of ``faces`` with all that are near."""
        for top in range(0, len(faces), _ROWS):
            yield from self._pairs_of(faces[top : top + _ROWS], first_column=0)

    def _pairs_of(self, rows: NDArray[np.integer], *, first_column: int) -> Iterator[Pairs]:
        these = self._those[rows]
        these[:, -2:] = these[:, :-3:-1]
        for left in range(first_column, len(self), _COLUMNS):
            yield self._block(rows, these, slice(left, min(left + _COLUMNS, len(self))))

    def _block(self, rows: NDArray[np.integer], these: Embeddings, columns: slice) -> Pairs:
        shape = len(rows), columns.stop - columns.start
        products = self._products[: shape[0] * shape[1]]
        close = self._close[: len(products)]
        np.matmul(these, self._those[columns].T, out=products.reshape(shape))
        np.greater(products, -(self._threshold**2) / 2 - self._error, out=close)
        hits = np.flatnonzero(close)
        row, column = np.divmod(hits, shape[1])
        return self._weighed(
            rows[row].astype(np.int32),
            (column + columns.start).astype(np.int32),
            products[hits].astype(np.float64) * -2,
        )

    def _weighed(
        self, these: NDArray[np.int32], those: NDArray[np.int32], squared: NDArray[np.float64]
    ) -> Pairs:
        unsure = np.flatnonzero(np.abs(squared - self._threshold**2) <= 2 * self._error)
        squared[unsure] = self._squared_distances(these[unsure], those[unsure])
        distances = np.sqrt(np.maximum(squared, 0))
        near = (distances < self._threshold) & (self._photos[these] != self._photos[those])
        shares = np.maximum(distances[near] / self._threshold, _NEAR_ENOUGH)
        weights = np.maximum(_MAX_WEIGHT - (shares * _MAX_WEIGHT).astype(np.uint8), 1)
        return Pairs(these[near], those[near], weights.astype(np.uint8))

    def _squared_distances(
        self, these: NDArray[np.int32], those: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """In double precision: what is nearer than the threshold shall not hang on rounding."""
        squared = np.empty(len(these))
        for start in range(0, len(these), _COLUMNS):
            some = slice(start, start + _COLUMNS)
            apart = self._those[these[some], :-2].astype(np.float64)
            apart -= self._those[those[some], :-2]
            squared[some] = np.einsum("ij,ij->i", apart, apart)
        return squared


class Neighbors:
    """The near faces of each face, kept for most and measured anew for the crowded ones."""

    def __init__(self, proximity: Proximity, *, kept_pairs: int | None = None) -> None:
        self._proximity = proximity
        if kept_pairs is None:
            kept_pairs = max(_KEPT_PAIRS, _KEPT_PAIRS_PER_FACE * len(proximity))
        found = _Collected(len(proximity), kept_pairs)
        for pairs in proximity.all_pairs():
            found.add(pairs)
        self.counts: NDArray[np.int64] = found.counts
        self.crowded: NDArray[np.bool_] = found.crowded
        self._starts, self._faces, self._weights = found.by_face()
        self._at_hand: dict[int, Around] = {}

    def __len__(self) -> int:
        return len(self.counts)

    def around(self, face: int) -> Around:
        if not self.crowded[face]:
            near = slice(self._starts[face], self._starts[face + 1])
            return Around(self._faces[near], self._weights[near])
        if face in self._at_hand:
            return self._at_hand[face]
        return self._measured(np.array([face]))[face]

    def is_at_hand(self, face: int) -> bool:
        return not self.crowded[face] or face in self._at_hand

    def fetch(self, faces: NDArray[np.integer]) -> None:
        """Measure the first few of these crowded faces together, in place of those before."""
        self._at_hand = {}
        few = faces[:_ROWS]
        fitting = int((self.counts[few].cumsum() <= _MEASURED_ANEW).sum())
        self._at_hand = self._measured(few[: max(1, fitting)])

    def _measured(self, faces: NDArray[np.integer]) -> dict[int, Around]:
        these, those, weights = zip(*self._proximity.pairs_of(faces), strict=True)
        found = Pairs(np.concatenate(these), np.concatenate(those), np.concatenate(weights))
        found = found.only(np.argsort(found.these))
        starts = np.searchsorted(found.these, faces)
        stops = np.searchsorted(found.these, faces, side="right")
        return {
            face: Around(found.those[start:stop], found.weights[start:stop])
            for face, start, stop in zip(
                faces.tolist(), starts.tolist(), stops.tolist(), strict=True
            )
        }


class _Collected:
    """Pairs as they are found, no more than ``limit`` of them: then the crowded faces step back."""

    def __init__(self, faces: int, limit: int) -> None:
        self.counts = np.zeros(faces, dtype=np.int64)
        self.crowded = np.zeros(faces, dtype=np.bool_)
        self._limit = limit
        self._parts: list[Pairs] = []
        self._held = 0

    def add(self, pairs: Pairs) -> None:
        if not len(pairs.weights):
            return
        for side in (pairs.these, pairs.those):
            first = int(side.min())
            counts = np.bincount(side - first)
            self.counts[first : first + len(counts)] += counts
        self._hold(pairs)
        if self._held > self._limit:
            self._make_room()

    def by_face(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
        """Where each face's neighbors start, the neighbors, and their weights."""
        kept = np.where(self.crowded, 0, self.counts)
        starts = np.concatenate([[0], kept.cumsum()])
        faces = np.empty(starts[-1], dtype=np.int32)
        weights = np.empty(starts[-1], dtype=np.uint8)
        free = starts[:-1].copy()
        while self._parts:  # each is given up as soon as it is placed
            pairs = self._parts.pop()
            for half in (pairs, pairs.turned()):
                ours = half.only(~self.crowded[half.these])
                places, order = _places(ours.these, free)
                faces[places] = ours.those[order]
                weights[places] = ours.weights[order]
        return starts, faces, weights

    def _hold(self, pairs: Pairs) -> None:
        kept = pairs.only(~(self.crowded[pairs.these] & self.crowded[pairs.those]))
        self._parts.append(kept)
        self._held += len(kept.weights)

    def _make_room(self) -> None:
        most = int(self.counts[~self.crowded].max())
        while self._held > self._limit // 2:
            most //= 2
            self.crowded |= self.counts > most
            parts, self._parts, self._held = self._parts[::-1], [], 0
            while parts:
                self._hold(parts.pop())


def _places(
    faces: NDArray[np.int32], free: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The next free place of each face, for the faces in sorted order, and that order."""
    order = np.argsort(faces)
    ordered = faces[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(first, append=len(ordered))
    places = free[ordered] + np.arange(len(ordered)) - np.repeat(first, counts)
    free[ordered[first]] += counts
    return places, order
