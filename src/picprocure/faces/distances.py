"""Compute Euclidean distances between many embeddings with matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_BLOCK_DISTANCES: Final = 8 * 2**20
"""32 MB. Larger blocks leave the processor's cache between the product and the root."""

_MIN_ROWS: Final = 64
"""With fewer rows, the product is as slow as reading all embeddings from memory."""


class Choice(Protocol):
    """Chooses the smallest distances that are wanted."""

    def __call__(
        self, distances: NDArray[np.float32], columns: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return the chosen distances of each row, ascending (points, chosen).

        Args:
            distances: (points, n).
            columns: What each distance is to (n,), or (points, n) if it differs. It is -1 where
                there is nothing, at an infinite distance.
        """


class Distances:
    """Computes the distances that matching needs, and counts them.

    This one keeps none. `kept_distances` has one that does. Vectors are on the grid
    (`vectors.GRID`), so both find the same.

    Attributes:
        computed: How many distances were computed.
    """

    def __init__(self) -> None:
        self.computed = 0

    def blocks(self, a: Embeddings, b: Embeddings) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Return the blocks of `distance_blocks`, and count their distances."""
        self.computed += len(a) * len(b)
        return distance_blocks(a, b)

    def rows(
        self, templates: Sequence[NDArray[np.float32]], centers: Embeddings
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the distances of each template to all centers, float32 (centers,).

        Don't change them. They may be overwritten when the next one is asked for.

        Args:
            templates: Vectors (128,), at least one.
            centers: (centers, 128).
        """
        for _, distances in self.blocks(np.stack(templates), centers):
            yield from distances

    def smallest(
        self,
        name: str,  # noqa: ARG002 -- only kept ones have names
        points: Embeddings,
        others: Embeddings,
        own: NDArray[np.intp],
        choose: Choice,
    ) -> NDArray[np.float32]:
        """Return the smallest distances of each point to others (points, chosen).

        Args:
            name: What these distances are. Those of two names are kept apart.
            points: (points, 128).
            others: (others, 128).
            own: The other that each point is not compared with (points,), or -1.
            choose: Chooses the smallest distances that are wanted. Those to a point's own other are
                infinite.
        """
        chosen = [np.empty((0, 1), dtype=np.float32)] if not len(points) else []
        columns = np.arange(len(others))
        for rows, distances in self.blocks(points, others):
            leave_out(distances, own[rows])
            chosen.append(choose(distances, columns))
        return np.concatenate(chosen)

    def nearest(
        self,
        name: str,  # noqa: ARG002 -- only kept ones have names
        points: Embeddings,
        others: Embeddings,
    ) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Return the distance and the row of the other that is nearest to each point (points,).

        Of equally near ones, it is the first.

        Args:
            name: What these distances are. Those of two names are kept apart.
            points: (points, 128).
            others: (others, 128), at least one.
        """
        nearest = np.empty(len(points), dtype=np.intp)
        apart = np.empty(len(points), dtype=np.float32)
        for rows, distances in self.blocks(points, others):
            nearest[rows] = distances.argmin(axis=1)
            apart[rows] = distances.min(axis=1)
        return apart, nearest


def leave_out(distances: NDArray[np.float32], columns: NDArray[np.integer]) -> None:
    """Make one distance of each row infinite, unless its column is -1."""
    rows = np.flatnonzero(columns >= 0)
    distances[rows, columns[rows]] = np.inf


def distances_between(a: Embeddings, b: Embeddings) -> NDArray[np.float32]:
    """Return all distances, float32 (len(a), len(b)).

    They are exact on the grid (`vectors.GRID`). Elsewhere their error near 0 is about 0.0005.
    """
    squared = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * a @ b.T
    distances: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0))
    return distances


def distance_blocks(a: Embeddings, b: Embeddings) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield blocks of rows of `a`, each with the distances to all rows of `b`.

    Yields:
        The rows, and their distances, float32 (rows, len(b)). The array is overwritten by the next
        block.
    """
    max_rows = max(_MIN_ROWS, _BLOCK_DISTANCES // max(1, len(b)))
    block = np.empty((min(max_rows, len(a)), len(b)), dtype=np.float32)
    squares = np.einsum("ij,ij->i", b, b)
    for start in range(0, len(a), max_rows):
        rows = slice(start, min(start + max_rows, len(a)))
        distances = block[: rows.stop - start]
        np.matmul(-2 * a[rows], b.T, out=distances)
        distances += squares
        distances += np.einsum("ij,ij->i", a[rows], a[rows])[:, None]
        np.maximum(distances, 0, out=distances)
        np.sqrt(distances, out=distances)
        yield rows, distances
