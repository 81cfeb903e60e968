"""What an event's sorting reads: its faces as arrays, and the people who registered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Self
from uuid import UUID

import numpy as np
from django.db.models import Prefetch
from numpy.typing import NDArray

from picprocure.events.models import Event, Registration
from picprocure.faces.matching.types import Person
from picprocure.faces.types import Box
from picprocure.recognition.admission import searchable_registrations, usable_references
from picprocure.recognition.anchors import anchors_by_user
from picprocure.recognition.embeddings import (
    embedding_of,
    embeddings_of,
    face_context,
    openable,
    stacked,
)
from picprocure.recognition.models import Anchor, Collision, Face, Reference, ReferenceAdmission
from picprocure.storage.batches import CHUNK
from picprocure.storage.sealing import try_unseal


class EventFaces:
    """The faces of one event in a stable order; each attribute has one entry a face.

    ``photo_ids`` are numbers within the event, ``clusters`` those of the last sorting. Faces that
    no key opens are left out; ``unopened`` are their photos.
    """

    def __init__(self, event: Event, *, engine_version: str) -> None:
        rows = (
            Face.objects.filter(
                photo__event=event, engine_version=engine_version, embedding__isnull=False
            )
            .order_by("photo_id", "left", "top", "pk")
            .values_list("pk", "photo_id", "embedding", "cluster", "left", "top", "right", "bottom")
        )
        self.engine_version = engine_version
        self.keys: list[int] = []
        self.photo_ids: list[int] = []
        self.boxes: list[Box] = []
        self.clusters: list[int | None] = []
        self.unopened: set[UUID] = set()
        opened: list[bytes] = []
        numbers: dict[UUID, int] = {}
        for key, photo, embedding, cluster, *sides in rows.iterator(chunk_size=5_000):
            box = Box(*sides)
            plain = try_unseal(embedding or b"", context=face_context(photo, box))
            if plain is None:
                self.unopened.add(photo)
                continue
            self.keys.append(key)
            self.photo_ids.append(numbers.setdefault(photo, len(numbers)))
            self.boxes.append(box)
            self.clusters.append(cluster)
            opened.append(plain)
        self.embeddings: NDArray[np.float32] = stacked(opened)


class EventPeople:
    """Who is looked for, by the references that count."""

    def __init__(
        self,
        registrations: Iterable[Registration],
        anchors: Mapping[int, Anchor],
        alike: Mapping[int, frozenset[int]],
        *,
        engine_version: str,
    ) -> None:
        self.people: list[Person] = []
        self._shown: dict[int, set[UUID]] = {}
        for registration in registrations:
            anchor = anchors.get(registration.user_id)
            shown = [
                reference
                for reference in openable(usable_references(registration, anchor))
                if reference.engine_version == engine_version
            ]
            if shown and anchor:
                person = _person(registration, shown, anchor)
                look_alikes = alike.get(registration.pk, frozenset())
                self.people.append(replace(person, alike=look_alikes))
                self._shown[registration.pk] = {reference.pk for reference in shown}

    @classmethod
    def of(cls, event: Event, *, engine_version: str, locked: bool = False) -> Self:
        """When ``locked``, nobody leaves or withdraws until the transaction ends."""
        if locked:
            list(Registration.objects.filter(event=event).order_by("pk").select_for_update())
        admissions = ReferenceAdmission.objects.select_related("reference")
        registrations = (
            searchable_registrations(event)
            .order_by("pk")
            .select_related("event")
            .prefetch_related(
                Prefetch("reference_admissions", admissions), "passed_liveness_checks"
            )
        )
        return cls(
            registrations.iterator(chunk_size=CHUNK),
            anchors_by_user(event),
            _alike(event),
            engine_version=engine_version,
        )

    def unchanged_since(self, earlier: Self) -> set[int]:
        """The registrations of those who show the same faces as earlier."""
        return {key for key, shown in earlier._shown.items() if self._shown.get(key) == shown}


def _person(registration: Registration, shown: list[Reference], anchor: Anchor) -> Person:
    """Return a person, with the anchor unless its own reference is the only one.

    It doesn't matter when the others were added or admitted. A person may add them before a host
    admits them all at once.
    """
    has_others = any(reference.pk != anchor.reference_id for reference in shown)
    return Person(
        key=registration.pk,
        references=embeddings_of(shown),
        anchor=embedding_of(anchor) if has_others else None,
    )


def _alike(event: Event) -> dict[int, frozenset[int]]:
    """Return which registrations each registration collided with.

    Hosts say that they are two people, but the embeddings of their faces don't tell them apart.
    """
    registrations = dict(event.registrations.values_list("user", "pk"))
    pairs = Collision.objects.filter(event=event, other__isnull=False)
    found: dict[int, set[int]] = defaultdict(set)
    for newcomer, other in pairs.values_list("newcomer", "other"):
        if newcomer in registrations and other in registrations:
            found[registrations[newcomer]].add(registrations[other])
            found[registrations[other]].add(registrations[newcomer])
    return {registration: frozenset(others) for registration, others in found.items()}
