"""What can be done with an event."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.errors import EventEnded, NotAllowedToCreateEvents, RegistrationClosed
from picprocure.events.models import Event, Registration
from picprocure.storage import files, keys


def may_create_events(user: User) -> bool:
    return user.is_staff or settings.EVENT_CREATORS == "everyone"


def create_event(
    *,
    creator: User,
    name: str,
    description: str,
    registration_length: timedelta,
    cover: bytes | None = None,
) -> Event:
    """Create an event whose registration opens at once; `cover` is a clean JPEG."""
    if not may_create_events(creator):
        raise NotAllowedToCreateEvents("On this site only staff may create events.")
    event_id = uuid.uuid4()
    cover_key = keys.event_cover(event_id, uuid.uuid4()) if cover else ""
    if cover:
        files.store(cover_key, cover)
    closes_at = timezone.now() + registration_length
    with transaction.atomic():
        files.keep(cover_key)
        return Event.objects.create(
            id=event_id,
            creator=creator,
            name=name,
            description=description,
            cover_key=cover_key,
            registration_closes_at=closes_at,
            expires_at=closes_at + settings.UPLOAD_WINDOW,
        )


def close_registration(*, event: Event) -> None:
    """Close early; closing twice changes nothing."""
    now = timezone.now()
    if now < event.registration_closes_at:
        event.registration_closes_at = now
        event.expires_at = now + settings.UPLOAD_WINDOW
        event.save(update_fields=["registration_closes_at", "expires_at"])


def register(*, user: User, event: Event) -> Registration:
    """Register a person; registering twice changes nothing."""
    if not event.registration_is_open:
        raise RegistrationClosed(f"Registration for “{event.name}” has closed.")
    registration, _ = Registration.objects.get_or_create(event=event, user=user)
    return registration


@transaction.atomic
def end_registration(*, event: Event, user: User) -> None:
    """Somebody leaves or is removed: every match of theirs in this event goes at once.

    Nobody else gains by it: an event is not sorted anew because somebody is gone.
    """
    # The lock waits for a sorting that is just writing matches, so that they are seen here.
    for registration in Registration.objects.select_for_update().filter(event=event, user=user):
        registration.delete()


def keep_available(*, event: Event) -> None:
    """A photo comes in: the event lives at least as long as a photo released now would.

    Call it in the transaction that adds the photo. Raises EventEnded when it came too late.
    """
    live = Event.objects.live().select_for_update().filter(pk=event.pk).first()
    if live is None:
        raise EventEnded("The event has ended meanwhile.")
    live.expires_at = max(live.expires_at, timezone.now() + settings.AVAILABILITY)
    live.save(update_fields=["expires_at"])


def start_availability(*, event: Event) -> None:
    """Photos were released: from now on they stay for the promised time."""
    Event.objects.filter(pk=event.pk).update(expires_at=timezone.now() + settings.AVAILABILITY)
