"""Faces that look borrowed: a newcomer's that is very much like somebody else's in the event.

Whoever was there first is never held. What is computed is the same whatever comes out, and nobody
but the creator of the event learns of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from django.db import transaction
from django.utils import timezone

from picprocure.events.models import CHUNK, Event, Registration
from picprocure.faces.collisions import find_collisions, find_copies
from picprocure.recognition.embeddings import embeddings_of
from picprocure.recognition.event_rows import EventFaces
from picprocure.recognition.models import Collision, Match, Reference

Entry: TypeAlias = tuple[Registration, Reference]
"""A reference in an event, with the registration of whoever came with it."""


@transaction.atomic
def hold_collisions(event: Event) -> None:
    """Hold whoever came to the event with a face that looks like that of somebody before them.

    Once for each two people, whichever of them it was: what the creator decided stays decided,
    and a thief who is held never gets the owner of the face held by the next photo of theirs.
    """
    pairs = _known_pairs(event)
    for entries in _comparable(_entries(event)):
        people = {registration.user_id: registration for registration, _ in entries}
        rows = {user_id: row for row, user_id in enumerate(people)}
        owners = [rows[registration.user_id] for registration, _ in entries]
        embeddings = embeddings_of(reference for _, reference in entries)
        for collision in find_collisions(embeddings, owners):
            registration, reference = entries[collision.entry]
            _, first = entries[owners.index(collision.owner)]
            pair = frozenset({registration.user_id, first.user_id})
            if pair not in pairs:
                pairs.add(pair)
                _hold(registration, reference, Collision.Kind.PERSON, other_reference=first)


@transaction.atomic
def hold_copies(event: Event, faces: EventFaces) -> None:
    """Hold whoever shows a face that is cut out of one of the event's own photos."""
    decided = set(
        Collision.objects.filter(registration__event=event, kind=Collision.Kind.PHOTO).values_list(
            "registration", "reference"
        )
    )
    entries = [
        entry for entry in _entries(event) if entry[1].engine_version == faces.engine_version
    ]
    references = embeddings_of(reference for _, reference in entries)
    for row, face in find_copies(references, faces.embeddings):
        registration, reference = entries[row]
        if (registration.pk, reference.pk) not in decided:
            _hold(registration, reference, Collision.Kind.PHOTO, face_id=faces.keys[face])


@transaction.atomic
def dismiss_collisions(registration: Registration, collision_ids: Iterable[int]) -> None:
    """A host who was shown these collisions says that the face is this person's own.

    Whatever was found since holds them still.
    """
    shown = registration.collisions.filter(pk__in=list(collision_ids))
    shown.filter(dismissed_at__isnull=True).update(dismissed_at=timezone.now())


def _entries(event: Event) -> list[Entry]:
    """Every reference in the event, in the order in which they came to it."""
    registrations = (
        Registration.objects.filter(event=event, consent__withdrawn_at__isnull=True)
        .exclude(status=Registration.Status.BLOCKED)
        .filter(consent__isnull=False)
        .select_related("user")
        .prefetch_related("user__references")
    )
    entries = [
        (registration, reference)
        for registration in registrations.iterator(chunk_size=CHUNK)
        for reference in registration.user.references.all()
    ]
    return sorted(entries, key=lambda entry: (_entered(*entry), entry[1].pk))


def _entered(registration: Registration, reference: Reference) -> datetime:
    return max(registration.registered_at, reference.created_at)


def _comparable(entries: list[Entry]) -> list[list[Entry]]:
    """Entries whose embeddings are of one engine; others can't be compared."""
    versions = sorted({reference.engine_version for _, reference in entries})
    return [
        [entry for entry in entries if entry[1].engine_version == version] for version in versions
    ]


def _known_pairs(event: Event) -> set[frozenset[int]]:
    """The users of whom two collided in the event before."""
    known = Collision.objects.filter(
        registration__event=event, other_reference__isnull=False
    ).values_list("registration__user", "other_reference__user")
    return {frozenset(pair) for pair in known}


def _hold(
    registration: Registration,
    reference: Reference,
    kind: Collision.Kind,
    *,
    other_reference: Reference | None = None,
    face_id: int | None = None,
) -> None:
    Collision.objects.create(
        registration=registration,
        reference=reference,
        kind=kind,
        other_reference=other_reference,
        face_id=face_id,
    )
    Match.objects.filter(registration=registration).delete()
