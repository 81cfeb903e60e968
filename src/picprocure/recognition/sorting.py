"""Sorting an event: find out which person is in which photo.

It is computed here, without a lock, and written by `match_changes`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import F
from numpy.typing import NDArray

from picprocure.events.models import Event
from picprocure.faces.decisions import sort_decided
from picprocure.faces.distances import Distances
from picprocure.faces.sorting import SortedFaces, Strictness
from picprocure.faces.strictness import one_wrong_in
from picprocure.faces.thresholds import Thresholds, thresholds_of
from picprocure.recognition.collisions import record_collisions, record_copies
from picprocure.recognition.models import Face, Match, ReferenceAdmission, Sorting
from picprocure.recognition.sorting_inputs import (
    EventFaces,
    EventPeople,
    InputState,
    SortingInputs,
)
from picprocure.recognition.sorting_memory import MEMORY, KeptEvent
from picprocure.recognition.standing_decisions import (
    decision_keys,
    decisions_for,
    group_decision_keys,
)


def request_sorting(event_id: UUID, *, gathered: bool = False) -> None:
    """Record that the matches of an event are out of date.

    Args:
        event_id: The event.
        gathered: Whether the sorting may wait for more photos or people, if sorting the event takes
            long. What may take photos from people must not wait.
    """
    changes: dict[str, Any] = {"requested": F("requested") + 1, "queued_at": None}
    if not gathered:
        changes["urgent"] = F("requested") + 1
    if not Sorting.objects.filter(pk=event_id).update(**changes):
        Sorting.objects.get_or_create(event_id=event_id)
        Sorting.objects.filter(pk=event_id).update(**changes)


@dataclass(frozen=True, slots=True)
class ComputedSorting:
    """Clusters and matches, with the faces and people they were computed from.

    Attributes:
        decisions: The hosts' decisions that were read, as of `decision_keys`.
        group_decisions: Those about several faces, as of `group_decision_keys`.
    """

    event: Event
    engine_version: str
    faces: EventFaces
    people: EventPeople
    result: SortedFaces
    decisions: Mapping[int, frozenset[int]]
    group_decisions: frozenset[int]

    @property
    def strictness(self) -> dict[str, Any]:
        """Return the fields of `Sorting` that say what strictness cost."""
        found = self.result.strictness or Strictness(0, ())
        photos = [str(self.faces.photos[number]) for number in found.photos]
        return {"held_back": found.held_back, "similar_photos": photos}

    def matches(self) -> list[Match]:
        """Return the matches as rows that are not saved."""
        return [
            Match(
                registration_id=cast(int, match.person),
                face_id=self.faces.keys[match.face],
                status=Match.Status(match.decision.value),
                distance=match.distance,
                threshold=match.threshold,
                reason=match.reason,
                engine_version=self.engine_version,
            )
            for match in self.result.matches
        ]

    def repeated_faces(self) -> dict[int, list[int]]:
        """Return the ids of the faces that each face stands for."""
        keys, repeated = self.faces.keys, defaultdict(list)
        for face, standing in enumerate(self.result.standing.tolist()):
            if face != standing:
                repeated[keys[standing]].append(keys[face])
        return repeated


def compute_sorting(event: Event, *, engine_version: str) -> ComputedSorting:
    """Cluster the event's faces and match them with the registered people.

    Collisions are recorded first, since their newcomers must not be matched. A reference that came
    after one of these comparisons is left to the next sorting. Nothing else is written. If this
    process sorted the event before, only what changed since then is computed (`sorting_memory`).
    """
    with MEMORY.of(event.pk) as kept, kept.distances.sorting(_basis(engine_version)):
        kept.inputs = kept.result = None
        state = _state(event, engine_version)
        faces = EventFaces(event, engine_version=engine_version, kept=kept.faces)
        compared = record_collisions(event) & record_copies(event, faces, kept.distances)
        people = EventPeople.of(event, engine_version=engine_version, compared=compared)
        decisions, group_decisions = decision_keys(event), group_decision_keys(event)
        inputs = SortingInputs(state, faces, people, decisions_for(event, faces))
        thresholds = event_thresholds(event, engine_version)
        result = _sorted(inputs, thresholds, kept.distances)
        kept.inputs, kept.result = inputs, (thresholds, result)
    return ComputedSorting(event, engine_version, faces, people, result, decisions, group_decisions)


Trial = Callable[[Thresholds], SortedFaces]


@contextmanager
def trial_of(event: Event, *, engine_version: str) -> Iterator[tuple[SortingInputs, Trial]]:
    """Yield the inputs of an event's sorting, and a function that sorts with other thresholds.

    Call this while the event's matches are up to date. Nothing is written. If this process sorted
    the event last, nothing is read again. Otherwise, the stored clusters are used.
    """
    with MEMORY.of(event.pk) as kept, kept.distances.sorting(_basis(engine_version)):
        state = _state(event, engine_version)
        if kept.inputs is None or kept.inputs.state != state:
            kept.inputs = kept.result = None
            faces = EventFaces(event, engine_version=engine_version, kept=kept.faces)
            people = EventPeople.of(event, engine_version=engine_version)
            kept.inputs = SortingInputs(state, faces, people, decisions_for(event, faces))
        yield kept.inputs, partial(_tried, kept, kept.inputs)


def _tried(kept: KeptEvent, inputs: SortingInputs, thresholds: Thresholds) -> SortedFaces:
    """Sort with some thresholds, or return what the last sorting found with them."""
    if kept.result is None:
        result = _sorted(inputs, thresholds, kept.distances, clusters=_stored_clusters(inputs))
        kept.result = thresholds, result
        return result
    known, result = kept.result
    if known == thresholds:
        return result
    return _sorted(inputs, thresholds, kept.distances, clusters=result.clusters)


def _stored_clusters(inputs: SortingInputs) -> NDArray[np.int64] | None:
    """Return the clusters of the last sorting, or None if it didn't cluster all faces."""
    stored = inputs.faces.clusters
    numbers = [number for number in stored if number is not None]
    return np.array(numbers) if len(numbers) == len(stored) else None


def event_thresholds(
    event: Event, engine_version: str, *, strictness: int | None = None
) -> Thresholds:
    """Return the thresholds of an event, or those with another step of strictness."""
    step = event.strictness if strictness is None else strictness
    share = 1 / one_wrong_in(step, usual=settings.ONE_WRONG_IN)
    return replace(thresholds_of(engine_version), max_wrong_share=share)


def _basis(engine_version: str) -> Hashable:
    """Return what kept distances depend on. Strictness changes none of them."""
    return engine_version, thresholds_of(engine_version)


def _state(event: Event, engine_version: str) -> InputState:
    """Return what tells whether inputs that were read are still up to date.

    What changes them requests a sorting, except that a person withdraws.
    """
    requests = Sorting.objects.filter(event=event).values_list("requested", flat=True)
    faces = Face.objects.filter(
        photo__event=event, engine_version=engine_version, embedding__isnull=False
    )
    admitted = ReferenceAdmission.objects.filter(registration__event=event)
    return InputState(
        requests=requests.first() or 0,
        engine_version=engine_version,
        faces=faces.count(),
        references=frozenset(admitted.values_list("reference", flat=True)),
    )


def _sorted(
    inputs: SortingInputs,
    thresholds: Thresholds,
    distances: Distances,
    *,
    clusters: NDArray[np.integer] | None = None,
) -> SortedFaces:
    return sort_decided(
        inputs.faces.embeddings,
        inputs.faces.photo_ids,
        inputs.faces.boxes,
        inputs.people.people,
        inputs.decisions,
        thresholds=thresholds,
        distances=distances,
        clusters=clusters,
    )
