"""Sorting an event: find out which person is in which photo.

It is computed here, without a lock, and written by `match_changes`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import F

from picprocure.events.models import Event
from picprocure.faces.decisions import sort_decided
from picprocure.faces.sorting import SortedFaces, Strictness
from picprocure.faces.thresholds import thresholds_of
from picprocure.recognition.collisions import record_collisions, record_copies
from picprocure.recognition.models import Match, Sorting
from picprocure.recognition.sorting_inputs import EventFaces, EventPeople
from picprocure.recognition.sorting_memory import MEMORY
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
    thresholds = replace(thresholds_of(engine_version), max_wrong_share=1 / settings.ONE_WRONG_IN)
    with MEMORY.of(event.pk) as kept, kept.distances.sorting((engine_version, thresholds)):
        faces = EventFaces(event, engine_version=engine_version, kept=kept.faces)
        compared = record_collisions(event) & record_copies(event, faces, kept.distances)
        people = EventPeople.of(event, engine_version=engine_version, compared=compared)
        decisions, group_decisions = decision_keys(event), group_decision_keys(event)
        result = sort_decided(
            faces.embeddings,
            faces.photo_ids,
            faces.boxes,
            people.people,
            decisions_for(event, faces),
            thresholds=thresholds,
            distances=kept.distances,
        )
    return ComputedSorting(event, engine_version, faces, people, result, decisions, group_decisions)
