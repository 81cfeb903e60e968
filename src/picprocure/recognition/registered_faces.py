"""The faces that people registered for an event with, in the order in which they joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import numpy as np

from picprocure.events.models import Event, Registration, RegistrationQuerySet
from picprocure.faces.thresholds import thresholds_of
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.recognition.embeddings import anchor_context, reference_context, stacked
from picprocure.recognition.models import Anchor
from picprocure.storage.sealing import try_unseal


@dataclass(frozen=True, slots=True)
class RegisteredFace:
    """A face of a person in an event: an anchor, or a reference that isn't the anchor's.

    Attributes:
        user_id: The person.
        registration_id: The registration of the person.
        reference_id: The reference. For an anchor, the reference it was made from, or None if that
            was deleted or embedded by another engine.
        added_at: When the reference was added, or None if there is none.
        engine_version: The engine that made the embedding.
        embedding: float32 (128,), of length 1.
        joined_at: When the person joined the event with this face.
        is_anchor: Whether this is the face that the person was first admitted with.
    """

    user_id: int
    registration_id: int
    reference_id: UUID | None
    added_at: datetime | None
    engine_version: str
    embedding: Embedding
    joined_at: datetime
    is_anchor: bool = False

    def distance(self, other: RegisteredFace) -> float:
        """Return the Euclidean distance of the two embeddings, from 0 to 2."""
        return float(np.linalg.norm(self.embedding - other.embedding))

    def is_same_person_as(self, other: RegisteredFace) -> bool:
        """Return whether both faces are similar enough to show one person."""
        return self.distance(other) < thresholds_of(self.engine_version).anchor_agreement


class _Row(NamedTuple):
    """A registration with one of its person's references, or without any."""

    registration_id: int
    user_id: int
    registered_at: datetime
    consented_at: datetime
    reference_id: UUID | None
    added_at: datetime
    engine_version: str
    embedding: bytes

    @property
    def joined_at(self) -> datetime:
        """When the person joined with this face: registered, added it and consented."""
        return max(self.registered_at, self.added_at, self.consented_at)


class _Anchor(NamedTuple):
    """What is read of an anchor."""

    id: UUID
    user_id: int
    reference_id: UUID
    joined_at: datetime
    engine_version: str
    embedding: bytes


def faces_in_order(event: Event, *, with_anchors: bool = True) -> list[RegisteredFace]:
    """Return the faces of all people who consented and weren't refused, the earliest first.

    Values are read instead of rows with their relations, which takes a fifth of the time.

    Args:
        event: The event.
        with_anchors: Whether anchors are among them. Without, all are references.
    """
    registrations = people_compared_in(event).order_by("pk", "user__references__created_at")
    rows = registrations.values_list(
        "pk",
        "user",
        "registered_at",
        "consent__given_at",
        "user__references__pk",
        "user__references__created_at",
        "user__references__engine_version",
        "user__references__embedding",
    )
    anchors: dict[int, _Anchor] = {}
    if with_anchors:
        stored = Anchor.objects.filter(event=event).values_list(*_Anchor._fields)
        anchors = {anchor.user_id: anchor for anchor in map(_Anchor._make, stored)}
    faces = [
        face
        for _, own in groupby(map(_Row._make, rows), key=attrgetter("registration_id"))
        for face in _faces_of(list(own), anchors)
    ]
    return sorted(faces, key=attrgetter("joined_at", "registration_id"))


def people_compared_in(event: Event) -> RegistrationQuerySet:
    """Return registrations of people who consented and weren't refused."""
    return event.registrations.consenting().exclude(status=Registration.Status.BLOCKED)


def group_by_engine(faces: list[RegisteredFace]) -> list[list[RegisteredFace]]:
    """Return groups of faces that can be compared: embeddings of two engines can't be."""
    versions = sorted({face.engine_version for face in faces})
    return [[face for face in faces if face.engine_version == version] for version in versions]


def references_of(faces: Iterable[RegisteredFace]) -> frozenset[UUID]:
    """Return the references of faces, and those that anchors were made from."""
    return frozenset(face.reference_id for face in faces if face.reference_id)


def embeddings_matrix(faces: list[RegisteredFace]) -> Embeddings:
    """Return the embeddings of faces, float32 (n, 128)."""
    rows = [face.embedding for face in faces]
    return np.array(rows, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)


def _faces_of(rows: list[_Row], anchors: Mapping[int, _Anchor]) -> Iterator[RegisteredFace]:
    """Yield a person's faces: their references, and last their anchor.

    Only the anchor keeps its time, even if its reference was deleted, or if the person left and
    registered again. Every other photo has the time it was added. Otherwise, people could register
    early and add the face of another person later. Faces that no key opens are left out.
    """
    person = rows[0]
    anchor = anchors.get(person.user_id)
    of_anchor = anchor and _unsealed(anchor.embedding, anchor_context(anchor.id))
    anchor_row = None
    for row in rows:
        if row.reference_id is None:
            continue
        if anchor and of_anchor is not None and _is_made_from(anchor, row):
            anchor_row = row
            continue
        embedding = _unsealed(row.embedding, reference_context(row.reference_id))
        if embedding is not None:
            yield RegisteredFace(
                user_id=row.user_id,
                registration_id=row.registration_id,
                reference_id=row.reference_id,
                added_at=row.added_at,
                engine_version=row.engine_version,
                embedding=embedding,
                joined_at=row.joined_at,
            )
    if anchor and of_anchor is not None:
        yield RegisteredFace(
            user_id=person.user_id,
            registration_id=person.registration_id,
            reference_id=anchor_row.reference_id if anchor_row else None,
            added_at=anchor_row.added_at if anchor_row else None,
            engine_version=anchor.engine_version,
            embedding=of_anchor,
            joined_at=anchor.joined_at,
            is_anchor=True,
        )


def _unsealed(embedding: bytes, context: str) -> Embedding | None:
    """Return an embedding, or None if no key opens it."""
    opened = try_unseal(embedding, context=context)
    return None if opened is None else stacked([opened])[0]


def _is_made_from(anchor: _Anchor, row: _Row) -> bool:
    """Return whether the anchor stands for this reference: same photo, same engine."""
    is_same_photo = anchor.reference_id == row.reference_id
    return is_same_photo and anchor.engine_version == row.engine_version
