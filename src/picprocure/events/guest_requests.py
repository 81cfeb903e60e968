"""What guests ask the hosts of an event: whether they are in more photos, and for more time."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.errors import CannotAsk
from picprocure.events.models import (
    Event,
    GuestRequest,
    GuestRequestQuerySet,
    Registration,
)

Kind = GuestRequest.Kind


def kinds_offered(event: Event, *, has_photos: bool) -> list[GuestRequest.Kind]:
    """Return what a guest can ask for now.

    Args:
        event: The event.
        has_photos: Whether they see photos of it.
    """
    if not event.has_released_photos:
        return []
    return [Kind.MISSING, Kind.TIME] if has_photos else [Kind.MISSING]


def ask(*, registration: Registration, kind: GuestRequest.Kind, text: str) -> None:
    """Ask the hosts for something.

    Raises:
        CannotAsk: The person asked for it before, and no host has answered.
    """
    try:
        with transaction.atomic():
            answered = registration.requests.filter(kind=kind, answered_at__isnull=False)
            answered.delete()
            GuestRequest.objects.create(registration=registration, kind=kind, text=text)
    except IntegrityError as error:
        raise CannotAsk("You have asked this already. The hosts will see it.") from error


def take_back(*, registration: Registration, kind: GuestRequest.Kind) -> None:
    """Delete a request, whether it was answered or not."""
    registration.requests.filter(kind=kind).delete()


def answer(*, registration: Registration, request_ids: Collection[int], host: User) -> int:
    """Record that a host answered requests of a person, and return how many."""
    rows = GuestRequest.objects.open().filter(registration=registration, pk__in=request_ids)
    return rows.update(answered_at=timezone.now(), answered_by=host)


def open_requests() -> GuestRequestQuerySet:
    """Return the requests that hosts see. Those of people whom they refused are left out."""
    refused = Registration.Status.BLOCKED
    return GuestRequest.objects.open().exclude(registration__status=refused)
