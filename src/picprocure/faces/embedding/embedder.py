"""The protocol of embedders.

An embedding is a vector of 128 numbers. Embeddings of one person are close to each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from picprocure.faces.embedding.landmarks import Landmarks
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import Pixels

Chips: TypeAlias = "NDArray[np.uint8]"
"""RGB (n, side, side, 3). Each chip has one face, upright and at the same size."""


class Embedder(Protocol):
    """Computes embeddings. Several threads may call it at once."""

    @property
    def name(self) -> str:
        """A short name, which `thresholds.BY_EMBEDDER` knows. It changes with the embeddings."""
        ...

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        """Return an embedding of each box (n, 128)."""
        ...

    def embed_reference(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face of a reference photo, with more effort if that separates people better."""
        ...

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        """Return the landmarks of one face."""
        ...
