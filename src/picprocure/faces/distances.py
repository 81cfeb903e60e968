"""Compute Euclidean distances between many embeddings with matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_BLOCK_DISTANCES: Final = 8 * 2**20
"""32 MB. Larger blocks leave the processor's cache between the product and the root."""

_MIN_ROWS: Final = 64
"""With fewer rows, the product is as slow as reading all embeddings from memory."""


def distances_between(a: Embeddings, b: Embeddings) -> NDArray[np.float32]:
    """Return all distances, float32 (len(a), len(b)). Near 0 their error is about 0.0005."""
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
