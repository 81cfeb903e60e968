"""Embeddings as database bytes: 128 little-endian float32 values."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from picprocure.faces.types import Embedding

_STORED = np.dtype("<f4")
_SIZE = 128


def to_bytes(embedding: Embedding) -> bytes:
    return embedding.astype(_STORED).tobytes()


def from_rows(rows: Iterable[bytes | memoryview]) -> NDArray[np.float32]:
    """Stack stored embeddings into a float32 array of shape (n, 128)."""
    joined = b"".join(bytes(row) for row in rows)
    return np.frombuffer(joined, dtype=_STORED).reshape(-1, _SIZE).astype(np.float32)
