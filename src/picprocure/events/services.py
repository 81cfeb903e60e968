"""Services that create events, change them, and register people."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from picprocure.accounts.consent import ConsentText
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events import guest_list
from picprocure.events.errors import (
    EmailNotConfirmed,
    EventEnded,
    NotAllowedToCreateEvents,
    RegistrationClosed,
)
from picprocure.events.models import (
    Event,
    EventConsent,
    Refusal,
    Registration,
    min_availability_hours,
)
from picprocure.storage import files, keys
from picprocure.storage.reserve import frees_room


def may_create_events(user: User) -> bool:
    """Return whether the operator lets this user create events."""
    return user.is_staff or settings.EVENT_CREATORS == "everyone"


@dataclass(frozen=True, slots=True)
class EventDetails:
    """Details of an event that its creator enters and can change later."""

    name: str
    description: str = ""
    place: str = ""
    takes_place_on: date | None = None
    is_listed: bool = False
    requires_approval: bool = True
    liveness_check: Event.LivenessCheck = Event.LivenessCheck.OFF
    allows_late_registration: bool = False
    allows_early_upload: bool = False
    release: Event.Release = Event.Release.AT_CLOSE
    keeps_metadata: bool = False
    keeps_time: bool = True
    time_zone: str = ""
    is_published: bool = False
    accent: Event.Accent = Event.Accent.TEAL
    availability_hours: int = field(default_factory=min_availability_hours)


def create_event(
    *,
    creator: User,
    details: EventDetails,
    closes_at: datetime,
    cover: bytes | None = None,
) -> Event:
    """Create an event whose registration opens immediately.

    Args:
        creator: The user who will host the event.
        details: The event's name and options.
        closes_at: When registration closes.
        cover: A JPEG without metadata, or None for no cover.

    Raises:
        NotAllowedToCreateEvents: The operator doesn't let this user create events.
    """
    if not may_create_events(creator):
        raise NotAllowedToCreateEvents("On this site, only staff can create events.")
    event_id = uuid.uuid4()
    cover_key = store_cover(event_id, cover)
    event = Event(id=event_id, creator=creator, cover_key=cover_key, **asdict(details))
    event.registration_closes_at = closes_at
    event.expires_at = closes_at + _life_after_close(event)
    with transaction.atomic():
        files.keep(cover_key)
        event.save(force_insert=True)
    return event


@transaction.atomic
def edit_event(*, event: Event, details: EventDetails, cover_key: str = "") -> None:
    """Change the details of an event, and its cover if there is a new one.

    Args:
        event: The event to change. It is refreshed from the database.
        details: All details, including unchanged ones.
        cover_key: The key of a stored cover, or an empty string to keep the current one.
    """
    locked = Event.objects.select_for_update().get(pk=event.pk)
    for name, value in asdict(details).items():
        setattr(locked, name, value)
    if cover_key:
        files.keep(cover_key)
        files.discard([locked.cover_key])
        locked.cover_key = cover_key
    locked.save()
    event.refresh_from_db()


def extend_availability(*, event: Event, released_at: datetime | None) -> None:
    """Move the end of an event to its current availability after the last release and the close.

    Args:
        event: The event, with its new availability. Its end never moves to an earlier time.
        released_at: When photos were last released, or None if they never were.
    """
    closes_at = event.registration_closes_at
    until = max(released_at or closes_at, closes_at) + event.availability
    Event.objects.filter(pk=event.pk, expires_at__lt=until).update(expires_at=until)


@transaction.atomic
def move_registration_end(*, event: Event, closes_at: datetime) -> None:
    """Let registration close at another time, also after it has closed.

    Args:
        event: The event. It is refreshed from the database.
        closes_at: The new time. Photos that people have stay as long as they were promised, and
            faces stay as long as people may be found who register until then.
    """
    locked = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    promised = locked.expires_at if locked.has_released_photos else closes_at
    locked.registration_closes_at = closes_at
    locked.expires_at = max(promised, closes_at + _life_after_close(locked))
    if locked.faces_expire_at is not None:
        locked.faces_expire_at = max(locked.faces_expire_at, closes_at + locked.availability)
    locked.save(update_fields=["registration_closes_at", "expires_at", "faces_expire_at"])
    event.refresh_from_db()


def _life_after_close(event: Event) -> timedelta:
    """Return how long an event lives after registration closes, without a further upload.

    It covers the upload window, and the availability of photos that were uploaded before.
    """
    return max(settings.UPLOAD_WINDOW, event.availability)


def store_cover(event_id: uuid.UUID, cover: bytes | None) -> str:
    """Store a cover, which is deleted automatically unless an event keeps it.

    Args:
        event_id: The event's id. The event may not exist yet.
        cover: A JPEG without metadata, or None.

    Returns:
        The key of the cover, or an empty string if there is none.
    """
    if cover is None:
        return ""
    key = keys.event_cover(event_id, uuid.uuid4())
    files.store(key, cover)
    return key


def close_registration(*, event: Event) -> None:
    """Close registration now, unless it is closed already."""
    if event.registration_is_open:
        move_registration_end(event=event, closes_at=timezone.now())


def request_release(*, event: Event) -> bool:
    """Let the photos that an event has now be released, if its hosts release them by hand.

    Returns:
        Whether they do.
    """
    by_hand = Event.objects.filter(pk=event.pk).exclude(release=Event.Release.AT_CLOSE)
    return bool(by_hand.update(release_requested_at=timezone.now()))


@transaction.atomic
def register(*, user: User, event: Event, consent: ConsentText | None) -> Registration:
    """Register a person for an event, or add a consent to their registration.

    Blocked people register as others do and stay blocked. They are not notified.

    Args:
        user: The person to register.
        event: The event.
        consent: The text about face recognition that the person agreed to, or None.

    Raises:
        RegistrationClosed: The event takes no new registrations.
        EmailNotConfirmed: The person has not confirmed their address.
    """
    # Lock the user first: a double tap sends two requests before there is a registration to lock.
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))
    existing = Registration.objects.select_for_update().filter(event=event, user=user).first()
    if not existing and not event.takes_registrations:
        raise RegistrationClosed(f"Registration for “{event.name}” has closed.")
    if not has_confirmed_email(user):
        raise EmailNotConfirmed("Confirm your e-mail address first. Then register again.")
    registration = existing or _new_registration(user, event)
    if consent and event.takes_registrations:
        _give_event_consent(registration, consent)
    return registration


def _new_registration(user: User, event: Event) -> Registration:
    listed = guest_list.row_for(event=event, user=user)
    registration = Registration(event=event, user=user, was_on_guest_list=listed is not None)
    if event.registration_is_open and not needs_approval(registration):
        registration.status = Registration.Status.ADMITTED
    was_refused, _ = Refusal.objects.filter(event=event, user=user).delete()
    if was_refused:
        registration.status = Registration.Status.BLOCKED
    registration.save()
    if listed:
        listed.registration = registration
        listed.save(update_fields=["registration"])
    return registration


def _give_event_consent(registration: Registration, consent: ConsentText) -> None:
    in_force = EventConsent.objects.filter(registration=registration, withdrawn_at__isnull=True)
    if not in_force.exists():
        EventConsent.objects.update_or_create(
            registration=registration,
            defaults={
                "version": consent.version,
                "text": consent.full_text,
                "given_at": timezone.now(),
                "withdrawn_at": None,
            },
        )


def needs_approval(registration: Registration) -> bool:
    """Return whether a host has to admit this person.

    Creators and people on the guest list need no approval.
    """
    event = registration.event
    is_creator = event.creator_id == registration.user_id
    return event.requires_approval and not is_creator and not registration.was_on_guest_list


def set_status(*, registration: Registration, status: Registration.Status) -> None:
    registration.status = status
    registration.save(update_fields=["status"])


@frees_room
@transaction.atomic
def end_registration(*, event: Event, user: User) -> None:
    """Delete a person's registration, with all their matches in the event.

    The event is not sorted again, so other people don't get more photos. A blocked person stays
    blocked.
    """
    # The lock waits for a worker that is writing matches, so that they are deleted, too.
    registrations = Registration.objects.select_for_update().filter(event=event, user=user)
    for registration in registrations:
        if registration.status == Registration.Status.BLOCKED:
            Refusal.objects.get_or_create(event=event, user=user)
        registration.delete()


def keep_available(*, event: Event) -> bool:
    """Extend the event for a new photo: it ends no earlier than if photos were released now.

    An unreleased photo doesn't move an end that guests see, since they would learn of it. Call this
    in the transaction that adds the photo.

    Returns:
        Whether the photo stays unreleased.

    Raises:
        EventEnded: The event has expired or was deleted.
    """
    live = Event.objects.live().select_for_update().filter(pk=event.pk).first()
    if live is None:
        raise EventEnded("The event has ended.")
    waits = live.new_photos_wait
    if not (waits and live.has_released_photos):
        live.expires_at = max(live.expires_at, timezone.now() + live.availability)
    live.has_unreleased_photos |= waits
    live.save(update_fields=["expires_at", "has_unreleased_photos"])
    return waits


def start_availability(*, event: Event) -> None:
    """Start the availability period of photos that were just released.

    While registration is open, it starts when registration closes, since others still join. If
    photos were released before and people were notified of a later end, that end stays.
    """
    events, now = Event.objects.filter(pk=event.pk), timezone.now()
    current = events.get()
    until = max(now, current.registration_closes_at) + current.availability
    may_end_earlier = not (current.has_released_photos or current.registration_is_open)
    current.expires_at = until if may_end_earlier else max(until, current.expires_at)
    events.update(expires_at=current.expires_at, faces_expire_at=until)
