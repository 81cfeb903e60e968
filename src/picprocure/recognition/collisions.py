"""Faces that look borrowed: a newcomer's that is very much like somebody else's in the event.

The person who was there first is never held. What is computed is the same whatever comes out, and
nobody but the creator of the event learns of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from picprocure.events.models import CHUNK, Event, Registration
from picprocure.faces.collisions import find_collisions, find_copies
from picprocure.faces.thresholds import DEFAULT
from picprocure.recognition.anchors import anchors_by_user, came_at, distance_to
from picprocure.recognition.embeddings import embeddings_of, openable
from picprocure.recognition.event_rows import EventFaces
from picprocure.recognition.models import Anchor, Collision, Match, Reference


@dataclass(frozen=True, slots=True)
class _Entry:
    """A reference in an event, of whom it is there, and when its face came."""

    registration: Registration
    reference: Reference
    came_at: datetime

    @property
    def user_id(self) -> int:
        return self.registration.user_id


@dataclass(frozen=True, slots=True)
class _Decision:
    """Which of two people is the newcomer, and when a host last said that their face is theirs."""

    newcomer: int
    at: datetime | None

    def is_asked_again(self, entry: _Entry, *, nearer: bool) -> bool:
        """For a photo that came since, and is nearer to the other person than to their own."""
        if self.at is None or entry.user_id != self.newcomer:
            return False
        return nearer and entry.reference.created_at > self.at


@transaction.atomic
def hold_collisions(event: Event) -> None:
    """Hold people who came to the event with a face that looks like that of somebody before them.

    It is about two people, whatever photos they show: once one of them is held, the other never is
    for the same likeness, and what a host decided stays decided. Only a photo that is nearer to the
    other person than to the face that was admitted is asked about again.
    """
    anchors = anchors_by_user(event)
    decided = _decided_pairs(event)
    for entries in _comparable(_entries(event, anchors)):
        people = {entry.user_id: entry for entry in reversed(entries)}  # each one's first
        rows = {user_id: row for row, user_id in enumerate(people)}
        owners = [rows[entry.user_id] for entry in entries]
        embeddings = embeddings_of(entry.reference for entry in entries)
        first_of = list(people.values())
        for found in find_collisions(embeddings, owners):
            entry, first = entries[found.entry], first_of[found.owner]
            decision = decided.get(frozenset({entry.user_id, first.user_id}))
            own = distance_to(entry.reference, anchors.get(entry.user_id))
            if decision is None or decision.is_asked_again(entry, nearer=found.distance < own):
                _hold_for(first, entry)
                decided[frozenset({entry.user_id, first.user_id})] = _Decision(entry.user_id, None)


@transaction.atomic
def hold_copies(event: Event, faces: EventFaces) -> None:
    """Hold whoever shows a face that is cut out of one of the event's own photos."""
    decided = set(
        Collision.objects.filter(registration__event=event, kind=Collision.Kind.PHOTO).values_list(
            "registration", "reference"
        )
    )
    entries = [
        entry
        for entry in _entries(event, {})
        if entry.reference.engine_version == faces.engine_version
    ]
    references = embeddings_of(entry.reference for entry in entries)
    for row, face in find_copies(references, faces.embeddings):
        entry = entries[row]
        if (entry.registration.pk, entry.reference.pk) not in decided:
            _hold(
                Collision(
                    registration=entry.registration,
                    reference=entry.reference,
                    kind=Collision.Kind.PHOTO,
                    face_id=faces.keys[face],
                )
            )


@transaction.atomic
def dismiss_collisions(registration: Registration, collision_ids: Iterable[int]) -> None:
    """A host who was shown these collisions says that the face is this person's own.

    Whatever was found since holds them still.
    """
    shown = registration.collisions.filter(pk__in=list(collision_ids))
    shown.filter(dismissed_at__isnull=True).update(dismissed_at=timezone.now())


def _entries(event: Event, anchors: Mapping[int, Anchor]) -> list[_Entry]:
    """Every reference in the event, in the order in which their faces came to it."""
    registrations = (
        Registration.objects.filter(event=event, consent__withdrawn_at__isnull=True)
        .exclude(status=Registration.Status.BLOCKED)
        .filter(consent__isnull=False)
        .select_related("consent", "user")
        .prefetch_related("user__references")
    )
    entries = [
        _Entry(registration, reference, _came_at(registration, reference, anchors))
        for registration in registrations.iterator(chunk_size=CHUNK)
        for reference in openable(registration.user.references.all())
    ]
    return sorted(entries, key=lambda entry: (entry.came_at, entry.reference.pk))


def _came_at(
    registration: Registration, reference: Reference, anchors: Mapping[int, Anchor]
) -> datetime:
    """A photo of the face that was first admitted came with that; one of another face doesn't, or
    anybody who was there early could have others held by taking their face."""
    came = came_at(registration, reference, registration.consent)
    anchor = anchors.get(registration.user_id)
    if anchor and distance_to(reference, anchor) < DEFAULT.anchor_agreement:
        return min(came, anchor.came_at)
    return came


def _comparable(entries: list[_Entry]) -> list[list[_Entry]]:
    """Entries whose embeddings are of one engine; others can't be compared."""
    versions = sorted({entry.reference.engine_version for entry in entries})
    return [
        [entry for entry in entries if entry.reference.engine_version == version]
        for version in versions
    ]


def _decided_pairs(event: Event) -> dict[frozenset[int], _Decision]:
    """What was last said of two people, by their users' ids."""
    known = Collision.objects.filter(registration__event=event, other__isnull=False)
    rows = known.order_by("found_at").values_list("registration__user", "other", "dismissed_at")
    decided: dict[frozenset[int], _Decision] = {}
    for newcomer, first, dismissed_at in rows:
        pair = frozenset({newcomer, first})
        if pair not in decided or decided[pair].at is not None:  # one that is open stays so
            decided[pair] = _Decision(newcomer, dismissed_at)
    return decided


def _hold_for(first: _Entry, entry: _Entry) -> None:
    _hold(
        Collision(
            registration=entry.registration,
            reference=entry.reference,
            kind=Collision.Kind.PERSON,
            other=first.registration.user,
            other_reference=first.reference,
        )
    )


def _hold(collision: Collision) -> None:
    collision.save()
    Match.objects.filter(registration=collision.registration).delete()
