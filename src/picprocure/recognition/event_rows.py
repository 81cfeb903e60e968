"""What an event's sorting reads: its faces as arrays, and the people who registered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self
from uuid import UUID

import numpy as np
from django.db.models import Prefetch
from numpy.typing import NDArray

from picprocure.events.models import CHUNK, Event, Registration
from picprocure.faces.matching import Person
from picprocure.faces.types import Box
from picprocure.recognition.admission import counting_references, looked_for
from picprocure.recognition.embeddings import embeddings_of, face_context, stacked
from picprocure.recognition.models import Face, ReferenceAdmission
from picprocure.storage.sealing import unseal


class EventFaces:
    """The faces of one event in a stable order; each attribute has one entry a face.

    ``photo_ids`` are numbers within the event, ``clusters`` those of the last sorting.
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
        opened: list[bytes] = []
        numbers: dict[UUID, int] = {}
        for key, photo, embedding, cluster, *sides in rows.iterator(chunk_size=5_000):
            self.keys.append(key)
            self.photo_ids.append(numbers.setdefault(photo, len(numbers)))
            self.boxes.append(box := Box(*sides))
            self.clusters.append(cluster)
            opened.append(unseal(embedding or b"", context=face_context(photo, box)))
        self.embeddings: NDArray[np.float32] = stacked(opened)


class EventPeople:
    """Who is looked for, by the references that count."""

    def __init__(self, registrations: Iterable[Registration], *, engine_version: str) -> None:
        self.people: list[Person] = []
        self._shown: dict[int, set[UUID]] = {}
        for registration in registrations:
            shown = [
                reference
                for reference in counting_references(registration)
                if reference.engine_version == engine_version
            ]
            if shown:
                embeddings = embeddings_of(shown)
                self.people.append(Person(key=registration.pk, references=embeddings))
                self._shown[registration.pk] = {reference.pk for reference in shown}

    @classmethod
    def of(cls, event: Event, *, engine_version: str, locked: bool = False) -> Self:
        """When ``locked``, nobody leaves or withdraws until the transaction ends."""
        if locked:
            list(Registration.objects.filter(event=event).order_by("pk").select_for_update())
        admissions = ReferenceAdmission.objects.select_related("reference")
        registrations = (
            looked_for(event)
            .order_by("pk")
            .select_related("event")
            .prefetch_related(Prefetch("reference_admissions", admissions), "live_checks")
        )
        return cls(registrations.iterator(chunk_size=CHUNK), engine_version=engine_version)

    def unchanged_since(self, earlier: Self) -> set[int]:
        """The registrations of those who show the same faces as earlier."""
        return {key for key, shown in earlier._shown.items() if self._shown.get(key) == shown}
