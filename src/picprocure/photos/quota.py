"""How much one event, and one account with all its events, may hold."""

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
    """What still fits: so many photos into the event, so many bytes into its creator's account."""

    photos: int
    bytes: int


def room_in(event: Event) -> Room:
    stored = Photo.objects.filter(event__creator=event.creator_id).aggregate(all=Sum("size_bytes"))
    return Room(
        photos=max(0, settings.MAX_EVENT_PHOTOS - event.photos.count()),
        bytes=max(0, settings.MAX_ACCOUNT_BYTES - (stored["all"] or 0)),
    )


def ensure_room(event: Event, *, name: str, size: int) -> None:
    """Raises NoRoom when another photo of this size doesn't fit."""
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
