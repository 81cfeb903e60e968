"""Events that ended: what is kept for a while, so that old links say so to those who took part.

It is the event's id, when it was deleted, and a keyed hash for each person. The hashes of a person
differ from event to event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac

from picprocure.accounts.models import User
from picprocure.events.models import EndedEvent, EndedEventMember, Event
from picprocure.storage.batches import CHUNK, batched

KEPT_FOR: Final = timedelta(days=30)


def remember_end(event: Event) -> None:
    """Record that an event is deleted now. Call this in the transaction that deletes it.

    Everyone who registered took part, also people who waited or were refused, who must not see a
    difference.
    """
    ended, _ = EndedEvent.objects.get_or_create(id=event.pk)
    EndedEventMember.objects.bulk_create(
        (EndedEventMember(event=ended, person=_hash(event.pk, user)) for user in _took_part(event)),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )


def end_of(event_id: UUID, user: User) -> datetime | None:
    """Return when an event was deleted, or None if the person didn't take part.

    An event that has expired looks deleted before it is, since the sweep needs a while.
    """
    expired = Event.objects.filter(pk=event_id, expires_at__lte=timezone.now()).first()
    if expired is not None:
        return expired.expires_at if user.pk in _took_part(expired) else None
    rows = EndedEventMember.objects.filter(
        event=event_id, person=_hash(event_id, user.pk), event__ended_at__gt=_kept_since()
    )
    return rows.values_list("event__ended_at", flat=True).first()


def _took_part(event: Event) -> set[int]:
    return {
        event.creator_id,
        *event.co_hosts.values_list("user", flat=True),
        *event.registrations.values_list("user", flat=True),
    }


def ends_known_to(user: User) -> Iterator[EndedEvent]:
    """Yield the ended events that a person took part in."""
    for members in _memberships(user.pk):
        for member in EndedEventMember.objects.filter(pk__in=members).select_related("event"):
            yield member.event


def forget_person(user_id: int) -> None:
    """Delete the hashes of a person whose account was just deleted.

    Before that, an event could still end and remember them.
    """
    for members in _memberships(user_id):
        EndedEventMember.objects.filter(pk__in=members).delete()


def forget_old_ends() -> None:
    EndedEvent.objects.filter(ended_at__lte=_kept_since()).delete()


def _memberships(user_id: int) -> Iterator[list[int]]:
    """Yield keys of the person's rows, in batches."""
    for event_ids in batched(list(EndedEvent.objects.values_list("pk", flat=True))):
        hashes = [_hash(event_id, user_id) for event_id in event_ids]
        members = EndedEventMember.objects.filter(person__in=hashes)
        yield list(members.values_list("pk", flat=True))


def _kept_since() -> datetime:
    return timezone.now() - KEPT_FOR


def _hash(event_id: UUID, user_id: int) -> str:
    value = f"{event_id}:{user_id}"
    return salted_hmac("picprocure.events.ended", value, algorithm="sha256").hexdigest()
