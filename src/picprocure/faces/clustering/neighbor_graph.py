"""Build the graph of near faces that clusters are made from.

All pairs are compared, by matrix products of blocks, so no near pair is missed. Memory doesn't grow
with the square of the faces: there is one block of products and a limited number of stored
neighbors. An event with thousands of photos of one person may have more. Then the neighbors of the
faces with the most neighbors are not stored, but computed when they are needed. The result is the
same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from picprocure.faces.distances import Distances
from picprocure.faces.thresholds import CLUSTER_FULL_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_ROWS: Final = 512
_COLUMNS: Final = 8192
"""The size of a block of products, which takes 16 MB. Smaller blocks are slower (256 rows by a
quarter on one core). Larger blocks leave the processor's cache before they are compared."""

_ROUNDING: Final = 2e-5
"""The error of a product in float32, as a share of the largest squared length. The bound for sums
of 130 terms is 1.6e-5 (N. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section
3.1)."""

_MAX_PAIRS: Final = 50_000_000
_MAX_PAIRS_PER_FACE: Final = 200
"""Up to the larger of the two, pairs are stored. A pair takes 9 bytes during the search and 10 as
neighbors, so 50,000 faces take up to 1 GB, and a million up to 4 GB."""

_MAX_RECOMPUTED: Final = 2**23
"""Neighbors that are computed again at a time. Each takes up to about 40 bytes."""

_MAX_WEIGHT: Final = 255


class Pairs(NamedTuple):
    """Pairs of near faces.

    Attributes:
        first: The first face of each pair.
        second: The second face of each pair.
        weights: From 1, just near enough, to 77.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    weights: NDArray[np.uint8]

    def only(self, chosen: NDArray[np.bool_ | np.intp]) -> Pairs:
        """Return the pairs that a mask chooses, or those with these indices in their order."""
        return Pairs(self.first[chosen], self.second[chosen], self.weights[chosen])

    def swapped(self) -> Pairs:
        """Return the pairs with their first and second faces exchanged."""
        return Pairs(self.second, self.first, self.weights)


class NearPairs(NamedTuple):
    """Pairs of faces with their squared distances.

    Attributes:
        first: The first face of each pair.
        second: The second face of each pair.
        squared: The squared distances. They are exact if the faces are on the grid
            (`vectors.GRID`), so float32 can store them.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    squared: NDArray[np.floating]

    @staticmethod
    def joined(parts: Sequence[NearPairs]) -> NearPairs:
        """Return the pairs of all parts."""
        return NearPairs(
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.second for part in parts]),
            np.concatenate([part.squared for part in parts]),
        )

    def only(self, chosen: NDArray[np.bool_ | np.intp]) -> NearPairs:
        """Return the pairs that a mask chooses, or those with these indices in their order."""
        return NearPairs(self.first[chosen], self.second[chosen], self.squared[chosen])

    def weighted(self, threshold: float) -> Pairs:
        """Return the pairs that are nearer than a threshold, with their weights."""
        distances = np.sqrt(np.maximum(self.squared, 0, dtype=np.float64))
        near = distances < threshold
        shares = np.maximum(distances[near] / threshold, CLUSTER_FULL_WEIGHT)
        weights = np.maximum(_MAX_WEIGHT - (shares * _MAX_WEIGHT).astype(np.uint8), 1)
        return Pairs(self.first[near], self.second[near], weights.astype(np.uint8))


class Neighborhood(NamedTuple):
    """The neighbors of one face and their weights, in any order."""

    faces: NDArray[np.int32]
    weights: NDArray[np.uint8]


class PairSource(Protocol):
    """Where a graph has its pairs from."""

    def __len__(self) -> int:
        """Return the number of faces."""

    def all_pairs(self) -> Iterator[Pairs]:
        """Yield each pair once."""

    def pairs_of(self, faces: NDArray[np.integer]) -> Iterator[Pairs]:
        """Yield the pairs of each of `faces` with all near faces."""


class KnownPairs:
    """Pairs that were found before."""

    def __init__(self, faces: int, pairs: Pairs) -> None:
        self._faces = faces
        self._pairs = pairs

    def __len__(self) -> int:
        return self._faces

    def all_pairs(self) -> Iterator[Pairs]:
        """Yield each pair once."""
        yield self._pairs

    def pairs_of(self, faces: NDArray[np.integer]) -> Iterator[Pairs]:
        """Yield the pairs of each of `faces` with all near faces."""
        for half in (self._pairs, self._pairs.swapped()):
            yield half.only(np.isin(half.first, faces))


class PairSearch:
    """Finds the pairs of faces of different photos that are nearer than a threshold."""

    def __init__(
        self,
        embeddings: Embeddings,
        photos: NDArray[np.integer],
        threshold: float,
        distances: Distances | None = None,
    ) -> None:
        """Prepare a search.

        Args:
            embeddings: The faces (n, 128).
            photos: The photo of each face (n,).
            threshold: Pairs that are nearer than this are near.
            distances: Counts the computed distances.
        """
        count, size = embeddings.shape
        half_squares = np.einsum("ij,ij->i", embeddings, embeddings) / 2
        # With two more columns, the product of two rows is minus half their squared distance.
        self._vectors = np.empty((count, size + 2), dtype=np.float32)
        self._vectors[:, :size] = embeddings
        self._vectors[:, size] = -half_squares
        self._vectors[:, size + 1] = 1
        self._distances = distances or Distances()
        self._photos = photos
        self._threshold = threshold
        self._error = _ROUNDING * 2 * float(half_squares.max(initial=0))
        self._products = np.empty(_ROWS * _COLUMNS, dtype=np.float32)
        self._close = np.empty(_ROWS * _COLUMNS, dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._vectors)

    def all_pairs(self) -> Iterator[Pairs]:
        """Yield each pair once, with the lower face first."""
        for pairs in self.near_pairs(len(self)):
            yield pairs.weighted(self._threshold)

    def near_pairs(self, count: int) -> Iterator[NearPairs]:
        """Yield each pair that has one of the first `count` faces, with the lower face first."""
        for top in range(0, count, _ROWS):
            rows = np.arange(top, min(top + _ROWS, count))
            for found in self._pairs_of(rows, first_column=top):
                yield found.only(found.first < found.second)

    def pairs_of(self, faces: NDArray[np.integer]) -> Iterator[Pairs]:
        """Yield the pairs of each of `faces` with all near faces."""
        for top in range(0, len(faces), _ROWS):
            for pairs in self._pairs_of(faces[top : top + _ROWS], first_column=0):
                yield pairs.weighted(self._threshold)

    def _pairs_of(self, rows: NDArray[np.integer], *, first_column: int) -> Iterator[NearPairs]:
        row_vectors = self._vectors[rows]
        row_vectors[:, -2:] = row_vectors[:, :-3:-1]
        for left in range(first_column, len(self), _COLUMNS):
            yield self._block(rows, row_vectors, slice(left, min(left + _COLUMNS, len(self))))

    def _block(
        self, rows: NDArray[np.integer], row_vectors: Embeddings, columns: slice
    ) -> NearPairs:
        shape = len(rows), columns.stop - columns.start
        self._distances.computed += shape[0] * shape[1]
        products = self._products[: shape[0] * shape[1]]
        close = self._close[: len(products)]
        np.matmul(row_vectors, self._vectors[columns].T, out=products.reshape(shape))
        np.greater(products, -(self._threshold**2) / 2 - self._error, out=close)
        hits = np.flatnonzero(close)
        row, column = np.divmod(hits, shape[1])
        return self._certain(
            rows[row].astype(np.int32),
            (column + columns.start).astype(np.int32),
            products[hits].astype(np.float64) * -2,
        )

    def _certain(
        self, first: NDArray[np.int32], second: NDArray[np.int32], squared: NDArray[np.float64]
    ) -> NearPairs:
        """Return the pairs that are certainly near enough, of those that seem so."""
        unsure = np.flatnonzero(np.abs(squared - self._threshold**2) <= 2 * self._error)
        squared[unsure] = self._squared_distances(first[unsure], second[unsure])
        near = np.sqrt(np.maximum(squared, 0)) < self._threshold
        near &= self._photos[first] != self._photos[second]
        return NearPairs(first[near], second[near], squared[near])

    def _squared_distances(
        self, first: NDArray[np.int32], second: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Compute squared distances in double precision, so that rounding doesn't decide."""
        squared = np.empty(len(first))
        for start in range(0, len(first), _COLUMNS):
            part = slice(start, start + _COLUMNS)
            difference = self._vectors[first[part], :-2].astype(np.float64)
            difference -= self._vectors[second[part], :-2]
            squared[part] = np.einsum("ij,ij->i", difference, difference)
        return squared


class NeighborGraph:
    """The neighbors of each face.

    Attributes:
        counts: How many neighbors each face has, int64 (n,).
        is_dense: Faces with too many neighbors to store, bool (n,). They are computed when they are
            needed.
    """

    def __init__(self, source: PairSource, *, max_pairs: int | None = None) -> None:
        if max_pairs is None:
            max_pairs = max(_MAX_PAIRS, _MAX_PAIRS_PER_FACE * len(source))
        self._source = source
        found = _PairStore(len(source), max_pairs)
        for pairs in source.all_pairs():
            found.add(pairs)
        self.counts: NDArray[np.int64] = found.counts
        self.is_dense: NDArray[np.bool_] = found.is_dense
        self._starts, self._faces, self._weights = found.by_face()
        self._cached: dict[int, Neighborhood] = {}

    def __len__(self) -> int:
        return len(self.counts)

    def neighbors_of(self, face: int) -> Neighborhood:
        """Return the neighbors of a face. This may compute them."""
        if not self.is_dense[face]:
            near = slice(self._starts[face], self._starts[face + 1])
            return Neighborhood(self._faces[near], self._weights[near])
        if face in self._cached:
            return self._cached[face]
        return self._computed(np.array([face]))[face]

    def is_available(self, face: int) -> bool:
        """Return whether the neighbors of a face need not be computed."""
        return not self.is_dense[face] or face in self._cached

    def fetch(self, faces: NDArray[np.integer]) -> None:
        """Compute the neighbors of the first few of these dense faces, and drop earlier ones."""
        self._cached = {}
        batch = faces[:_ROWS]
        fitting = int((self.counts[batch].cumsum() <= _MAX_RECOMPUTED).sum())
        self._cached = self._computed(batch[: max(1, fitting)])

    def _computed(self, faces: NDArray[np.integer]) -> dict[int, Neighborhood]:
        first, second, weights = zip(*self._source.pairs_of(faces), strict=True)
        found = Pairs(np.concatenate(first), np.concatenate(second), np.concatenate(weights))
        found = found.only(np.argsort(found.first))
        starts = np.searchsorted(found.first, faces)
        stops = np.searchsorted(found.first, faces, side="right")
        return {
            face: Neighborhood(found.second[start:stop], found.weights[start:stop])
            for face, start, stop in zip(
                faces.tolist(), starts.tolist(), stops.tolist(), strict=True
            )
        }


class _PairStore:
    """Collects pairs. Beyond a limit, pairs of two dense faces are dropped."""

    def __init__(self, faces: int, limit: int) -> None:
        self.counts = np.zeros(faces, dtype=np.int64)
        self.is_dense = np.zeros(faces, dtype=np.bool_)
        self._limit = limit
        self._parts: list[Pairs] = []
        self._count = 0

    def add(self, pairs: Pairs) -> None:
        if not len(pairs.weights):
            return
        for side in (pairs.first, pairs.second):
            lowest = int(side.min())
            counts = np.bincount(side - lowest)
            self.counts[lowest : lowest + len(counts)] += counts
        self._store(pairs)
        if self._count > self._limit:
            self._make_room()

    def by_face(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
        """Return where the neighbors of each face begin, the neighbors, and their weights."""
        kept = np.where(self.is_dense, 0, self.counts)
        starts = np.concatenate([[0], kept.cumsum()])
        faces = np.empty(starts[-1], dtype=np.int32)
        weights = np.empty(starts[-1], dtype=np.uint8)
        free = starts[:-1].copy()
        while self._parts:  # free each part as soon as it is copied
            pairs = self._parts.pop()
            for half in (pairs, pairs.swapped()):
                stored = half.only(~self.is_dense[half.first])
                indices, order = _free_indices(stored.first, free)
                faces[indices] = stored.second[order]
                weights[indices] = stored.weights[order]
        return starts, faces, weights

    def _store(self, pairs: Pairs) -> None:
        kept = pairs.only(~(self.is_dense[pairs.first] & self.is_dense[pairs.second]))
        self._parts.append(kept)
        self._count += len(kept.weights)

    def _make_room(self) -> None:
        max_count = int(self.counts[~self.is_dense].max())
        while self._count > self._limit // 2:
            max_count //= 2
            self.is_dense |= self.counts > max_count
            parts, self._parts, self._count = self._parts[::-1], [], 0
            while parts:
                self._store(parts.pop())


def _free_indices(
    faces: NDArray[np.int32], free: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Assign to each face the next free index, and count it as used.

    Args:
        faces: They may repeat.
        free: The next free index of each face. It is changed.

    Returns:
        The indices for the sorted faces, and the order that sorts the faces.
    """
    order = np.argsort(faces)
    ordered = faces[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(starts, append=len(ordered))
    indices = free[ordered] + np.arange(len(ordered)) - np.repeat(starts, counts)
    free[ordered[starts]] += counts
    return indices, order
