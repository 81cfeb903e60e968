"""The inputs of an event's sorting: its faces as arrays, and the people to search for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from uuid import UUID

import numpy as np
from django.db.models import Prefetch
from numpy.typing import NDArray

from picprocure.events.models import Event, Registration
from picprocure.faces.decisions import FaceDecisions
from picprocure.faces.matching.types import Person
from picprocure.faces.types import Box
from picprocure.recognition.admission import searchable_registrations, usable_references
from picprocure.recognition.anchors import anchors_by_user
from picprocure.recognition.embeddings import embedding_of, embeddings_of, openable, stacked
from picprocure.recognition.kept_faces import KeptFaces
from picprocure.recognition.models import Anchor, Collision, Face, Reference, ReferenceAdmission
from picprocure.storage.batches import CHUNK

_BYTES_PER_FACE: Final = 400
"""What the lists of `EventFaces` take for each face."""


class EventFaces:
    """The faces of one event in a stable order.

    Faces that no key opens are left out. Each list and array has one entry for each other face.

    Attributes:
        engine_version: The engine that made all embeddings.
        keys: Primary keys of the faces.
        photo_ids: Numbers of the photos, counted from 0 within the event.
        photos: Primary keys of the photos, in the order of their numbers.
        boxes: Boxes of the faces.
        clusters: Cluster numbers of the last sorting, or None.
        embeddings: float32 (n, 128).
        unopened: Primary keys of photos with a face that no key opens.
    """

    def __init__(self, event: Event, *, engine_version: str, kept: KeptFaces | None = None) -> None:
        """Read the faces.

        Args:
            event: The event.
            engine_version: The engine that made the embeddings.
            kept: Embeddings that were unsealed before. They are replaced by those of the event.
        """
        self.engine_version = engine_version
        self.keys: list[int] = []
        self.photo_ids: list[int] = []
        self.boxes: list[Box] = []
        self.clusters: list[int | None] = []
        self.unopened: set[UUID] = set()
        unsealed: list[bytes] = []
        numbers: dict[UUID, int] = {}
        faces = Face.objects.current().filter(
            photo__event=event, engine_version=engine_version, embedding__isnull=False
        )
        for row, embedding in (kept or KeptFaces()).opened(faces):
            if embedding is None:
                self.unopened.add(row.photo_id)
                continue
            self.keys.append(row.key)
            self.photo_ids.append(numbers.setdefault(row.photo_id, len(numbers)))
            self.boxes.append(row.box)
            self.clusters.append(row.cluster)
            unsealed.append(embedding)
        self.photos = list(numbers)
        self.embeddings: NDArray[np.float32] = stacked(unsealed)


class EventPeople:
    """The people to search for in an event, with their usable references."""

    def __init__(
        self,
        registrations: Iterable[Registration],
        anchors: Mapping[int, Anchor],
        look_alikes: Mapping[int, frozenset[int]],
        *,
        engine_version: str,
        compared: Collection[UUID] | None = None,
    ) -> None:
        """Collect people from registrations; those without a usable reference are left out.

        Args:
            registrations: The registrations of searchable people.
            anchors: Anchors by the ids of their users.
            look_alikes: Registrations that collided with each registration.
            engine_version: The engine whose embeddings are used.
            compared: The references that may be used, by default all.
        """
        self.people: list[Person] = []
        self._reference_ids: dict[int, set[UUID]] = {}
        for registration in registrations:
            anchor = anchors.get(registration.user_id)
            references = [
                reference
                for reference in openable(usable_references(registration, anchor))
                if reference.engine_version == engine_version
                and (compared is None or reference.pk in compared)
            ]
            if references and anchor:
                person = _person(registration, references, anchor)
                alike = look_alikes.get(registration.pk, frozenset())
                self.people.append(replace(person, alike=alike))
                self._reference_ids[registration.pk] = {reference.pk for reference in references}

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        engine_version: str,
        registrations: Collection[int] | None = None,
        compared: Collection[UUID] | None = None,
        locked: bool = False,
    ) -> Self:
        """Read the people of an event.

        Args:
            event: The event.
            engine_version: The engine whose embeddings are used.
            registrations: The keys of the registrations to read, by default all.
            compared: The references that may be used, by default all.
            locked: Whether to lock the registrations, so that no one can leave or withdraw until
                the transaction ends.
        """
        chosen, searchable = event.registrations.all(), searchable_registrations(event)
        if registrations is not None:
            chosen = chosen.filter(pk__in=registrations)
            searchable = searchable.filter(pk__in=registrations)
        if locked:
            list(chosen.order_by("pk").select_for_update().values_list("pk"))
        admissions = ReferenceAdmission.objects.compared().select_related("reference")
        rows = (
            searchable.order_by("pk")
            .select_related("event")
            .prefetch_related(
                Prefetch("reference_admissions", admissions), "passed_liveness_checks"
            )
        )
        return cls(
            rows.iterator(chunk_size=CHUNK),
            anchors_by_user(event, None if registrations is None else chosen.values("user")),
            _look_alikes(event),
            engine_version=engine_version,
            compared=compared,
        )

    def unchanged_since(self, earlier: Self) -> set[int]:
        """Return the registrations of people whose usable references are the same as earlier."""
        return {
            registration_id
            for registration_id, reference_ids in earlier._reference_ids.items()
            if self._reference_ids.get(registration_id) == reference_ids
        }


def _person(registration: Registration, references: list[Reference], anchor: Anchor) -> Person:
    """Return a person with their references.

    The anchor is included if there is another reference than the one it was made from. It doesn't
    matter when that was added or admitted: a person may add several before a host admits them all
    at once.
    """
    has_others = any(reference.pk != anchor.reference_id for reference in references)
    return Person(
        key=registration.pk,
        references=embeddings_of(references),
        anchor=embedding_of(anchor) if has_others else None,
    )


def _look_alikes(event: Event) -> dict[int, frozenset[int]]:
    """Return the registrations that each registration collided with, by primary keys.

    Embeddings can't tell their faces apart, even if a host decides that they are two people.
    """
    registrations = dict(event.registrations.values_list("user", "pk"))
    pairs = Collision.objects.filter(event=event, other__isnull=False)
    look_alikes: dict[int, set[int]] = defaultdict(set)
    for newcomer, other in pairs.values_list("newcomer", "other"):
        if newcomer in registrations and other in registrations:
            look_alikes[registrations[newcomer]].add(registrations[other])
            look_alikes[registrations[other]].add(registrations[newcomer])
    return {registration: frozenset(others) for registration, others in look_alikes.items()}


@dataclass(frozen=True, slots=True)
class InputState:
    """What tells whether the inputs of a sorting are up to date.

    Attributes:
        requests: How often the sorting was requested.
        engine_version: The engine that made the embeddings.
        faces: How many faces with an embedding there are.
        references: The references that were admitted.
    """

    requests: int
    engine_version: str
    faces: int
    references: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SortingInputs:
    """All that a sorting depends on.

    Attributes:
        state: What it was when they were read. They are up to date until it changes.
        faces: The faces.
        people: The people to search for.
        decisions: What hosts decided.
    """

    state: InputState
    faces: EventFaces
    people: EventPeople
    decisions: FaceDecisions

    @property
    def nbytes(self) -> int:
        """Return how much memory they take, approximately."""
        return self.faces.embeddings.nbytes + _BYTES_PER_FACE * len(self.faces.keys)
