"""Limits on the photos of an event, and of an account with all its events."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Greatest

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.errors import NoRoom
from picprocure.photos.models import EventUsage, Photo

_GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Room:
    """The remaining room: photos in an event, and bytes in its creator's account."""

    photos: int
    bytes: int


def room_in(event: Event) -> Room:
    photos, stored_bytes = _used(event)
    return Room(
        photos=max(0, settings.MAX_EVENT_PHOTOS - photos),
        bytes=max(0, settings.MAX_ACCOUNT_BYTES - stored_bytes),
    )


def lock_usage(event: Event) -> None:
    """Lock the usage of an account until the transaction ends. Call this before any other lock.

    Otherwise, two uploads at the same moment could both take the last room.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=event.creator_id).values_list("pk"))


def take_room(event: Event, *, name: str, photos: int, size: int) -> None:
    """Count more photos and bytes. Call this after `lock_usage`, in the same transaction.

    Args:
        event: The event.
        name: The photo's name for the error message.
        photos: How many photos are added: 1, or 0 if a photo is replaced.
        size: How many bytes are added, fewer than 0 if a photo is replaced by a smaller one.

    Raises:
        NoRoom: It doesn't fit. The transaction must be rolled back.
    """
    change_usage(event.pk, photos=photos, size=size)
    stored_photos, stored_bytes = _used(event)
    if photos > 0 and stored_photos > settings.MAX_EVENT_PHOTOS:
        raise NoRoom(
            name,
            f"this event has {settings.MAX_EVENT_PHOTOS:,} photos, which is the limit",
            "Delete some of them, or create a second event.",
        )
    if size > 0 and stored_bytes > settings.MAX_ACCOUNT_BYTES:
        limit = settings.MAX_ACCOUNT_BYTES // _GIBIBYTE
        raise NoRoom(
            name,
            f"all your events together can have up to {limit:,} GB of photos",
            "Delete an event you no longer need, or ask the people who run this site.",
        )


def change_usage(event_id: UUID, *, photos: int, size: int) -> None:
    """Count added or deleted photos and bytes, in the transaction that adds or deletes them.

    A count that is too low must not keep photos from being deleted. `recount_usage` corrects it.
    """
    changes = {
        "photos": Greatest(F("photos") + photos, 0),
        "bytes": Greatest(F("bytes") + size, 0),
    }
    if not EventUsage.objects.filter(pk=event_id).update(**changes):
        EventUsage.objects.create(event_id=event_id, photos=max(0, photos), bytes=max(0, size))


def recount_usage() -> int:
    """Correct the counts of events that differ from their photos, and return how many did.

    They can differ only if processes of two versions ran at the same time.
    """
    stored = (
        Photo.objects.order_by()
        .values("event")
        .annotate(photos=Count("pk"), size=Sum("size_bytes"))
    )
    actual = {row["event"]: (row["photos"], row["size"]) for row in stored}
    counted = {usage.pk: (usage.photos, usage.bytes) for usage in EventUsage.objects.all()}
    suspects = [
        event_id
        for event_id in actual.keys() | counted.keys()
        if actual.get(event_id, (0, 0)) != counted.get(event_id, (0, 0))
    ]
    return sum(map(_recount, suspects))


@transaction.atomic
def _recount(event_id: UUID) -> bool:
    """Count the photos of an event again. Return whether the count was wrong."""
    event = Event.objects.filter(pk=event_id).first()
    if event is None:
        return False
    lock_usage(event)
    change_usage(event_id, photos=0, size=0)  # so that there is a row, and uploads wait for it
    photos = event.photos.order_by().aggregate(photos=Count("pk"), bytes=Sum("size_bytes"))
    actual = {"photos": photos["photos"], "bytes": photos["bytes"] or 0}
    return bool(EventUsage.objects.filter(pk=event_id).exclude(**actual).update(**actual))


def _used(event: Event) -> tuple[int, int]:
    """Return the number of photos in an event, and the bytes in its creator's account."""
    of_account = EventUsage.objects.filter(event__creator=event.creator_id)
    used = of_account.aggregate(of_event=Sum("photos", filter=Q(event=event)), all=Sum("bytes"))
    return used["of_event"] or 0, used["all"] or 0
