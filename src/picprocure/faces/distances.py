"""Euclidean distances between many embeddings, by matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_BLOCK_ROWS: Final = 1024


def distances_between(these: Embeddings, those: Embeddings) -> NDArray[np.float32]:
    """float32 (len(these), len(those)); right to about 0.0005, whatever is near 0."""
    squared = (
        np.einsum("ij,ij->i", these, these)[:, None]
        + np.einsum("ij,ij->i", those, those)
        - 2 * these @ those.T
    )
    distances: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0))
    return distances


def distance_blocks(embeddings: Embeddings) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Some rows at a time with their distances to all faces: no n-by-n matrix is ever held."""
    for start in range(0, len(embeddings), _BLOCK_ROWS):
        rows = slice(start, min(start + _BLOCK_ROWS, len(embeddings)))
        yield rows, distances_between(embeddings[rows], embeddings)
