"""Who is in which photo of an event: clusters, then people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from picprocure.events.models import Event, Registration
from picprocure.faces.clustering import cluster_faces
from picprocure.faces.matching import FaceMatch, Person, match_people
from picprocure.faces.thresholds import DEFAULT
from picprocure.recognition.embeddings import from_rows
from picprocure.recognition.models import Face, Match, Sorting


def request_sorting(event_id: UUID) -> None:
    """Say that the matches of an event are out of date."""
    Sorting.objects.get_or_create(event_id=event_id)
    Sorting.objects.filter(pk=event_id).update(requested=F("requested") + 1, queued_at=None)


class EventFaces:
    """The faces of one event, as arrays, in a stable order."""

    def __init__(self, event: Event, *, engine_version: str) -> None:
        self.rows: Sequence[Face] = list(
            Face.objects.filter(photo__event=event, engine_version=engine_version)
            .order_by("photo_id", "left", "top", "pk")
            .only("pk", "photo_id", "embedding", "cluster")
        )
        self.embeddings: NDArray[np.float32] = from_rows(face.embedding for face in self.rows)
        numbers = {photo: n for n, photo in enumerate({face.photo_id: None for face in self.rows})}
        self.photo_ids = [numbers[face.photo_id] for face in self.rows]


def cluster_event(faces: EventFaces) -> NDArray[np.int32]:
    """Cluster the event's faces, without any reference, and write the numbers down."""
    labels = cluster_faces(faces.embeddings, faces.photo_ids, threshold=DEFAULT.cluster_threshold)
    for face, label in zip(faces.rows, labels, strict=True):
        face.cluster = int(label)
    Face.objects.bulk_update(faces.rows, ["cluster"], batch_size=500)
    return labels


def match_event(
    event: Event, faces: EventFaces, clusters: NDArray[np.int32], *, engine_version: str
) -> None:
    """Replace the event's matches; call it inside a transaction."""
    people = _registered_people(event, engine_version)
    found = match_people(faces.embeddings, faces.photo_ids, clusters, people, thresholds=DEFAULT)
    Match.objects.filter(registration__event=event).delete()
    rows = [_as_row(match, faces, engine_version) for match in found]
    # A photo may have been deleted meanwhile; the others' faces stay until this is written.
    present = Face.objects.select_for_update().filter(pk__in=[row.face_id for row in rows])
    still_there = {face.pk for face in present.only("pk")}
    Match.objects.bulk_create((row for row in rows if row.face_id in still_there), batch_size=500)


def _registered_people(event: Event, engine_version: str) -> list[Person]:
    """Who registered, by the faces they had shown before registration closed.

    A face that somebody shows only afterwards would be a way to collect the photos of others.
    """
    # Locked, so that nobody leaves or withdraws between reading a reference and using it.
    registrations = (
        Registration.objects.select_for_update()
        .filter(event=event)
        .prefetch_related("user__references")
    )
    people = []
    for registration in registrations:
        stored = [
            reference.embedding
            for reference in registration.user.references.all()
            if reference.engine_version == engine_version
            and reference.known_since <= event.registration_closes_at
        ]
        if stored:
            people.append(Person(key=registration.pk, references=from_rows(stored)))
    return people


def _as_row(match: FaceMatch, faces: EventFaces, engine_version: str) -> Match:
    return Match(
        registration_id=cast(int, match.person),
        face=faces.rows[match.face],
        status=Match.Status(match.decision.value),
        distance=match.distance,
        threshold=match.threshold,
        reason=match.reason,
        engine_version=engine_version,
    )
