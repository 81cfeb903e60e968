"""Limits on the photos of an event, and of an account with all its events."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Sum

from picprocure.events.models import Event
from picprocure.photos.errors import NoRoom
from picprocure.photos.models import Photo

_GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Room:
    """The remaining room: photos in an event, and bytes in its creator's account."""

    photos: int
    bytes: int


def room_in(event: Event) -> Room:
    stored = Photo.objects.filter(event__creator=event.creator_id).aggregate(all=Sum("size_bytes"))
    return Room(
        photos=max(0, settings.MAX_EVENT_PHOTOS - event.photos.count()),
        bytes=max(0, settings.MAX_ACCOUNT_BYTES - (stored["all"] or 0)),
    )


def ensure_room(event: Event, *, name: str, size: int) -> None:
    """Check that another photo of this size fits into an event.

    Args:
        event: The event.
        name: The photo's name for the error message.
        size: The photo's size in bytes.

    Raises:
        NoRoom: It doesn't fit.
    """
    room = room_in(event)
    if room.photos < 1:
        raise NoRoom(
            name,
            f"this event has {settings.MAX_EVENT_PHOTOS:,} photos, which is the limit",
            "Delete some of them, or create a second event.",
        )
    if size > room.bytes:
        limit = settings.MAX_ACCOUNT_BYTES // _GIBIBYTE
        raise NoRoom(
            name,
            f"all your events together can have up to {limit:,} GB of photos",
            "Delete an event you no longer need, or ask the people who run this site.",
        )
