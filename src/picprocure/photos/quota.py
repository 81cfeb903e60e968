"""Limits on the photos of an event, and of an account with all its events."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, Sum

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.errors import NoRoom
from picprocure.photos.models import EventUsage
from picprocure.photos.usage import Share, change_usage

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


def take_room(event: Event, *, name: str, added: Share, removed: Share) -> None:
    """Count a photo that is added or replaced. Call this after `lock_usage`, in its transaction.

    Args:
        event: The event.
        name: The photo's name for the error message.
        added: What the photo adds (`usage.share_of`).
        removed: What the replaced photo added, or nothing.

    Raises:
        NoRoom: It doesn't fit. The transaction must be rolled back.
    """
    change_usage(event.pk, added=added, removed=removed)
    stored_photos, stored_bytes = _used(event)
    if not removed and stored_photos > settings.MAX_EVENT_PHOTOS:
        raise NoRoom(
            name,
            f"this event has {settings.MAX_EVENT_PHOTOS:,} photos, which is the limit",
            "Delete some of them, or create a second event.",
        )
    if added["bytes"] > removed.get("bytes", 0) and stored_bytes > settings.MAX_ACCOUNT_BYTES:
        limit = settings.MAX_ACCOUNT_BYTES // _GIBIBYTE
        raise NoRoom(
            name,
            f"all your events together can have up to {limit:,} GB of photos",
            "Delete an event you no longer need, or ask the people who run this site.",
        )


def _used(event: Event) -> tuple[int, int]:
    """Return the number of photos in an event, and the bytes in its creator's account."""
    of_account = EventUsage.objects.filter(event__creator=event.creator_id)
    used = of_account.aggregate(of_event=Sum("photos", filter=Q(event=event)), all=Sum("bytes"))
    return used["of_event"] or 0, used["all"] or 0
