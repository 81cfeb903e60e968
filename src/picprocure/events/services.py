"""What can be done with an event."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from picprocure.accounts.consent import ConsentText
from picprocure.accounts.emails import has_confirmed_email
from picprocure.accounts.models import User
from picprocure.events.errors import (
    EmailNotConfirmed,
    EventEnded,
    NotAllowedToCreateEvents,
    RegistrationClosed,
)
from picprocure.events.models import (
    Event,
    EventConsent,
    GuestListAddress,
    Refusal,
    Registration,
    min_availability_hours,
)
from picprocure.storage import files, keys
from picprocure.storage.reserve import frees_room


def may_create_events(user: User) -> bool:
    return user.is_staff or settings.EVENT_CREATORS == "everyone"


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What the creator says of an event, and may change later."""

    name: str
    description: str = ""
    place: str = ""
    takes_place_on: date | None = None
    is_listed: bool = True
    requires_approval: bool = True
    liveness_check: Event.LivenessCheck = Event.LivenessCheck.OFF
    allows_late_registration: bool = False
    keeps_metadata: bool = False
    keeps_time: bool = True
    time_zone: str = ""
    is_published: bool = False
    availability_hours: int = field(default_factory=min_availability_hours)


def create_event(
    *,
    creator: User,
    details: EventDetails,
    registration_length: timedelta,
    cover: bytes | None = None,
) -> Event:
    """Create an event whose registration opens at once; `cover` is a clean JPEG."""
    if not may_create_events(creator):
        raise NotAllowedToCreateEvents("On this site, only staff can create events.")
    event_id = uuid.uuid4()
    cover_key = store_cover(event_id, cover)
    closes_at = timezone.now() + registration_length
    with transaction.atomic():
        files.keep(cover_key)
        return Event.objects.create(
            id=event_id,
            creator=creator,
            cover_key=cover_key,
            registration_closes_at=closes_at,
            expires_at=closes_at + settings.UPLOAD_WINDOW,
            **asdict(details),
        )


@transaction.atomic
def edit_event(*, event: Event, details: EventDetails, cover_key: str = "") -> None:
    """Change what is said of an event; without a new cover, which is stored, the old one stays."""
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
    """Photos stay as long as the event says by now, counted from the last release, if any."""
    if released_at is not None:
        until = released_at + event.availability
        Event.objects.filter(pk=event.pk, expires_at__lt=until).update(expires_at=until)


def reopen_registration(*, event: Event, length: timedelta) -> None:
    """Registration is open again, as if it had never closed; photos wait until it closes."""
    closes_at = timezone.now() + length
    event.registration_closes_at = closes_at
    event.expires_at = max(event.expires_at, closes_at + _life_after_close(event))
    event.save(update_fields=["registration_closes_at", "expires_at"])


def _life_after_close(event: Event) -> timedelta:
    """For the upload; and photos from before registration was reopened keep their time."""
    return max(settings.UPLOAD_WINDOW, event.availability)


def store_cover(event_id: uuid.UUID, cover: bytes | None) -> str:
    """The key of a clean JPEG; it goes by itself unless an event takes it."""
    if cover is None:
        return ""
    key = keys.event_cover(event_id, uuid.uuid4())
    files.store(key, cover)
    return key


def close_registration(*, event: Event) -> None:
    """Close early; closing twice changes nothing."""
    now = timezone.now()
    if now < event.registration_closes_at:
        event.registration_closes_at = now
        event.expires_at = now + _life_after_close(event)
        event.save(update_fields=["registration_closes_at", "expires_at"])


@transaction.atomic
def register(*, user: User, event: Event, consent: ConsentText | None) -> Registration:
    """Register a person, who agreed to be looked for unless ``consent`` is None.

    Registering twice adds the consent if there was none. People who were refused register like
    all others, and stay refused: nothing tells them. Raises RegistrationClosed or
    EmailNotConfirmed.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))  # who may tap twice
    known = Registration.objects.select_for_update().filter(event=event, user=user).first()
    if not known and not event.takes_registrations:
        raise RegistrationClosed(f"Registration for “{event.name}” has closed.")
    if not has_confirmed_email(user):
        raise EmailNotConfirmed("Confirm your e-mail address first. Then register again.")
    registration = known or _new_registration(user, event)
    if consent and event.takes_registrations:
        _give_event_consent(registration, consent)
    return registration


def _new_registration(user: User, event: Event) -> Registration:
    registration = Registration(event=event, user=user, was_on_guest_list=_is_listed(event, user))
    if event.registration_is_open and not needs_approval(registration):
        registration.status = Registration.Status.ADMITTED
    was_refused, _ = Refusal.objects.filter(event=event, user=user).delete()
    if was_refused:
        registration.status = Registration.Status.BLOCKED
    registration.save()
    return registration


def _give_event_consent(registration: Registration, consent: ConsentText) -> None:
    in_force = EventConsent.objects.filter(registration=registration, withdrawn_at__isnull=True)
    if not in_force.exists():
        EventConsent.objects.update_or_create(
            registration=registration,
            defaults={
                "version": consent.version,
                "text": consent.in_full,
                "given_at": timezone.now(),
                "withdrawn_at": None,
            },
        )


def needs_approval(registration: Registration) -> bool:
    """Whether the creator has to see this person first; they know themselves."""
    event = registration.event
    is_creator = event.creator_id == registration.user_id
    return event.requires_approval and not is_creator and not registration.was_on_guest_list


def _is_listed(event: Event, user: User) -> bool:
    """Whether the creator listed the person's address, which they have confirmed."""
    listed = event.guest_list.filter(email=user.email.lower())
    return listed.exists() and has_confirmed_email(user)


def add_to_guest_list(*, event: Event, emails: Iterable[str]) -> None:
    """Admit anyone who registers with one of these addresses from now on."""
    GuestListAddress.objects.bulk_create(
        (GuestListAddress(event=event, email=email.strip().lower()) for email in emails),
        ignore_conflicts=True,
    )


def set_status(*, registration: Registration, status: Registration.Status) -> None:
    registration.status = status
    registration.save(update_fields=["status"])


@frees_room
@transaction.atomic
def end_registration(*, event: Event, user: User) -> None:
    """Somebody leaves: every match of theirs in this event goes at once.

    Nobody else gains by it: an event is not sorted anew because somebody is gone. Whoever was
    refused stays refused, and leaves like all others.
    """
    # The lock waits for a sorting that is just writing matches, so that they are seen here.
    registrations = Registration.objects.select_for_update().filter(event=event, user=user)
    for registration in registrations:
        if registration.status == Registration.Status.BLOCKED:
            Refusal.objects.get_or_create(event=event, user=user)
        registration.delete()


def keep_available(*, event: Event) -> None:
    """A photo comes in: the event lives at least as long as a photo released now would.

    Call it in the transaction that adds the photo. Raises EventEnded when it came too late.
    """
    live = Event.objects.live().select_for_update().filter(pk=event.pk).first()
    if live is None:
        raise EventEnded("The event has ended.")
    live.expires_at = max(live.expires_at, timezone.now() + live.availability)
    live.save(update_fields=["expires_at"])


def start_availability(*, event: Event) -> None:
    """Photos were released: from now on they stay for the promised time, with those from before,
    of which people may have been told a later end."""
    events = Event.objects.filter(pk=event.pk)
    until = timezone.now() + events.get().availability
    told_more = events.filter(faces_expire_at__isnull=False, expires_at__gt=until)
    events.exclude(pk__in=told_more).update(expires_at=until)
    events.update(faces_expire_at=until)
