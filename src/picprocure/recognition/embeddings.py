"""Embeddings as they are stored: 128 little-endian float32 values, sealed for their row."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from picprocure.faces.types import EMBEDDING_SIZE, Box, Embedding
from picprocure.recognition.models import Anchor, Face, Reference
from picprocure.storage.sealing import seal, try_unseal, unseal

_STORED = np.dtype("<f4")


def seal_reference(embedding: Embedding, reference_id: UUID) -> bytes:
    return seal(_to_bytes(embedding), context=reference_context(reference_id))


def seal_face(embedding: Embedding, photo_id: UUID, box: Box) -> bytes:
    return seal(_to_bytes(embedding), context=face_context(photo_id, box))


def seal_anchor(embedding: Embedding, anchor_id: UUID) -> bytes:
    return seal(_to_bytes(embedding), context=anchor_context(anchor_id))


def embedding_of(row: Reference | Anchor) -> Embedding:
    """Return the embedding of a row, float32 (128,).

    Raises:
        SealingError: No key opens it.
    """
    embedding: Embedding = embeddings_of([row])[0]
    return embedding


def embedding_if_open(row: Reference | Anchor) -> Embedding | None:
    """Return the embedding of a row, float32 (128,), or None if no key opens it."""
    unsealed = try_unseal(row.embedding, context=_context_of(row))
    return None if unsealed is None else stacked([unsealed])[0]


def embeddings_of(rows: Iterable[Reference | Anchor]) -> NDArray[np.float32]:
    """Return the embeddings of rows, float32 (n, 128).

    Raises:
        SealingError: No key opens one of them.
    """
    return stacked(unseal(row.embedding, context=_context_of(row)) for row in rows)


def openable(references: Iterable[Reference]) -> list[Reference]:
    """Return the references whose embeddings can be opened. Others are treated as missing."""
    return [reference for reference in references if is_open(reference)]


def is_open(row: Reference | Anchor) -> bool:
    return embedding_if_open(row) is not None


def face_embedding_if_open(face: Face) -> Embedding | None:
    """Return the embedding of a face, float32 (128,), or None if no key opens it."""
    context = face_context(face.photo_id, Box(face.left, face.top, face.right, face.bottom))
    unsealed = try_unseal(face.embedding or b"", context=context)
    return None if unsealed is None else stacked([unsealed])[0]


def face_is_open(face: Face) -> bool:
    return face_embedding_if_open(face) is not None


def stacked(unsealed: Iterable[bytes]) -> NDArray[np.float32]:
    """Return unsealed embeddings as one array, float32 (n, 128)."""
    joined = b"".join(unsealed)
    return np.frombuffer(joined, dtype=_STORED).reshape(-1, EMBEDDING_SIZE).astype(np.float32)


def _context_of(row: Reference | Anchor) -> str:
    return anchor_context(row.pk) if isinstance(row, Anchor) else reference_context(row.pk)


def reference_context(reference_id: UUID) -> str:
    return f"reference:{reference_id}:embedding"


def anchor_context(anchor_id: UUID) -> str:
    return f"anchor:{anchor_id}:embedding"


def image_context(reference_id: UUID) -> str:
    return f"reference:{reference_id}:image"


def face_context(photo_id: UUID, box: Box) -> str:
    return f"face:{photo_id}:{box.left}:{box.top}:{box.right}:{box.bottom}"


def _to_bytes(embedding: Embedding) -> bytes:
    return embedding.astype(_STORED).tobytes()
