"""The faces that people registered for an event with, in the order in which they joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from picprocure.events.models import Event, Registration
from picprocure.faces.thresholds import thresholds_of
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.recognition.anchors import joined_at
from picprocure.recognition.embeddings import embedding_of, embeddings_of, openable
from picprocure.recognition.models import Anchor, Reference
from picprocure.storage.batches import CHUNK


@dataclass(frozen=True, slots=True)
class RegisteredFace:
    """A face of a person in an event: an anchor, or a reference that isn't the anchor's.

    Attributes:
        registration: The registration of the person.
        reference: The reference. For an anchor, the reference it was made from, or None if that
            was deleted or embedded by another engine.
        engine_version: The engine that made the embedding.
        embedding: float32 (128,), of length 1.
        joined_at: When the person joined the event with this face.
        is_anchor: Whether this is the face that the person was first admitted with.
    """

    registration: Registration
    reference: Reference | None
    engine_version: str
    embedding: Embedding
    joined_at: datetime
    is_anchor: bool = False

    @property
    def user_id(self) -> int:
        return self.registration.user_id

    @property
    def reference_id(self) -> UUID | None:
        return self.reference.pk if self.reference else None

    def distance(self, other: RegisteredFace) -> float:
        """Return the Euclidean distance of the two embeddings, from 0 to 2."""
        return float(np.linalg.norm(self.embedding - other.embedding))

    def is_same_person_as(self, other: RegisteredFace) -> bool:
        """Return whether both faces are similar enough to show one person."""
        return self.distance(other) < thresholds_of(self.engine_version).anchor_agreement


def faces_in_order(event: Event, anchors: Mapping[int, Anchor]) -> list[RegisteredFace]:
    """Return the faces of all people who consented and weren't refused, the earliest first.

    Args:
        event: The event.
        anchors: Anchors by the ids of their users.
    """
    registrations = (
        event.registrations.consenting()
        .exclude(status=Registration.Status.BLOCKED)
        .select_related("consent", "user")
        .prefetch_related("user__references")
    )
    faces = [
        face
        for registration in registrations.iterator(chunk_size=CHUNK)
        for face in _faces_of(registration, anchors.get(registration.user_id))
    ]
    return sorted(faces, key=lambda face: (face.joined_at, face.registration.pk))


def group_by_engine(faces: list[RegisteredFace]) -> list[list[RegisteredFace]]:
    """Return groups of faces that can be compared: embeddings of two engines can't be."""
    versions = sorted({face.engine_version for face in faces})
    return [[face for face in faces if face.engine_version == version] for version in versions]


def embeddings_matrix(faces: list[RegisteredFace]) -> Embeddings:
    """Return the embeddings of faces, float32 (n, 128)."""
    rows = [face.embedding for face in faces]
    return np.array(rows, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)


def _faces_of(registration: Registration, anchor: Anchor | None) -> Iterator[RegisteredFace]:
    """Yield a person's faces: their references, and last their anchor.

    Only the anchor keeps its time, even if its reference was deleted, or if the person left and
    registered again. Every other photo has the time it was added. Otherwise, people could register
    early and add the face of another person later.
    """
    anchor_reference = None
    references = openable(registration.user.references.all())
    for reference, embedding in zip(references, embeddings_of(references), strict=True):
        if anchor and _has_same_embedding(anchor, reference):
            anchor_reference = reference
            continue
        joined = joined_at(registration, reference, registration.consent)
        yield RegisteredFace(registration, reference, reference.engine_version, embedding, joined)
    if anchor:
        yield RegisteredFace(
            registration,
            anchor_reference,
            anchor.engine_version,
            embedding_of(anchor),
            anchor.joined_at,
            is_anchor=True,
        )


def _has_same_embedding(anchor: Anchor, reference: Reference) -> bool:
    """Return whether the anchor stands for this reference: same photo, same engine."""
    is_made_from = anchor.reference_id == reference.pk
    return is_made_from and anchor.engine_version == reference.engine_version
