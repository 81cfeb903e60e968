"""Euclidean distances between many embeddings, by matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_BLOCK_DISTANCES: Final = 8 * 2**20
"""32 MB: larger blocks leave the processor's cache between product and root."""

_MIN_ROWS: Final = 64
"""Fewer make the product as slow as reading all embeddings from memory."""


def distances_between(these: Embeddings, those: Embeddings) -> NDArray[np.float32]:
    """float32 (len(these), len(those)); right to about 0.0005, whatever is near 0."""
    squared = (
        np.einsum("ij,ij->i", these, these)[:, None]
        + np.einsum("ij,ij->i", those, those)
        - 2 * these @ those.T
    )
    distances: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0))
    return distances


def distance_blocks(
    these: Embeddings, those: Embeddings
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Some rows of ``these`` at a time with their distances to all of ``those``.

    The distances of a block are gone when the next one is asked for.
    """
    rows = max(_MIN_ROWS, _BLOCK_DISTANCES // max(1, len(those)))
    block = np.empty((min(rows, len(these)), len(those)), dtype=np.float32)
    squares = np.einsum("ij,ij->i", those, those)
    for start in range(0, len(these), rows):
        some = slice(start, min(start + rows, len(these)))
        distances = block[: some.stop - start]
        np.matmul(-2 * these[some], those.T, out=distances)
        distances += squares
        distances += np.einsum("ij,ij->i", these[some], these[some])[:, None]
        np.maximum(distances, 0, out=distances)
        np.sqrt(distances, out=distances)
        yield some, distances
