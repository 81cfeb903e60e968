"""Faces that look borrowed: a newcomer's that is very much like somebody else's in the event.

Whoever was there first is never held. What is computed is the same whatever comes out, and nobody
but the creator of the event learns of it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.faces.distances import distances_between
from picprocure.recognition.embeddings import from_rows
from picprocure.recognition.models import Collision, Match, Reference

CLOSE = 0.4


@transaction.atomic
def hold_collisions(event: Event) -> None:
    """Hold whoever came to the event with a face that looks like that of somebody before them."""
    entries = _entries(event)
    embeddings = from_rows(reference.embedding for _, reference in entries)
    near = distances_between(embeddings, embeddings) < CLOSE
    for place, (registration, reference) in enumerate(entries):
        for other_place in near[place, :place].nonzero()[0].tolist():
            other_registration, other = entries[other_place]
            if other_registration.pk != registration.pk:
                _hold(registration, reference, other)


@transaction.atomic
def dismiss_collisions(registration: Registration) -> None:
    """The creator of the event says that the face is this person's own."""
    registration.collisions.filter(dismissed_at__isnull=True).update(dismissed_at=timezone.now())


def _entries(event: Event) -> list[tuple[Registration, Reference]]:
    """Every reference in the event, in the order in which they came to it."""
    registrations = (
        Registration.objects.filter(event=event, consent__withdrawn_at__isnull=True)
        .exclude(status=Registration.Status.BLOCKED)
        .filter(consent__isnull=False)
        .prefetch_related("user__references")
    )
    entries = [
        (registration, reference)
        for registration in registrations
        for reference in registration.user.references.all()
    ]
    return sorted(entries, key=lambda entry: (_entered(*entry), entry[1].pk))


def _entered(registration: Registration, reference: Reference) -> datetime:
    return max(registration.registered_at, reference.created_at)


def _hold(registration: Registration, reference: Reference, other: Reference) -> None:
    _, is_new = Collision.objects.get_or_create(
        registration=registration, reference=reference, other_reference=other
    )
    if is_new:
        Match.objects.filter(registration=registration).delete()
