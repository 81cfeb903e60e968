"""Mails that tell people what happened in their events, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events import co_hosts
from picprocure.events.models import (
    CoHostInvitation,
    Event,
    EventQuerySet,
    HostMailRecipient,
    Registration,
)
from picprocure.galleries.access import galleries_of
from picprocure.notifications import mails
from picprocure.notifications.wanted import sees_photos
from picprocure.recognition.models import Collision, Reference, ReferenceAdmission

WARNED_BEFORE = timedelta(days=1)  # the end of an event
PEOPLE_EVERY = timedelta(hours=1)


def announce(event_id: UUID) -> None:
    """Tell the creator that people wait, and people that their photos are there.

    May run twice: each mail is put into the outbox once.
    """
    event = Event.objects.live().filter(pk=event_id).select_related("creator").first()
    if event is not None:
        _announce_people(event)
        _announce_photos(event)
        _announce_end(event)
        _send_host_mails(event)
        _announce_co_hosts(event)


def events_about_to_end() -> EventQuerySet:
    """Events of which somebody has to be told that its photos go soon."""
    untold = Registration.objects.filter(_is_untold_of_the_end(), event=OuterRef("pk"))
    return Event.objects.live().filter(Exists(untold))


def events_with_unsent_mail() -> EventQuerySet:
    """Events of which a mail to everybody has not gone to everybody."""
    unsent = HostMailRecipient.objects.filter(_is_unsent(), mail__event=OuterRef("pk"))
    return Event.objects.live().filter(Exists(unsent))


def events_to_announce() -> EventQuerySet:
    """Events whose creator has to be told of somebody new who waits, and may be told by now."""
    news = Registration.objects.filter(event=OuterRef("pk")).filter(_is_new_and_waits())
    return Event.objects.live().filter(
        _may_be_told(), Exists(news), creator__is_active=True, creator__notify_people=True
    )


def _announce_people(event: Event) -> None:
    if events_to_announce().filter(pk=event.pk).exists():
        untold = Event.objects.filter(_may_be_told(), pk=event.pk)
        tell = partial(
            mails.people_wait, user=event.creator, event=event, count=_waiting(event).count()
        )
        _once(untold, "people_announced_at", tell)


def _announce_photos(event: Event) -> None:
    """Whoever may see a photo by now: neither who waits nor who is held is told anything."""
    unannounced = event.registrations.filter(
        photos_announced_at=None,
        status=Registration.Status.ADMITTED,
        user__is_active=True,
        user__notify_photos=True,
    )
    seen = galleries_of(event) if unannounced.exists() else {}
    for registration in unannounced.select_related("user"):
        user = registration.user
        if registration.pk in seen and sees_photos(user, event):
            untold = unannounced.filter(pk=registration.pk)
            tell = partial(mails.photos_ready, user=user, event=event)
            _once(untold, "photos_announced_at", tell)


def _announce_end(event: Event) -> None:
    """Whoever has photos in it; again when the end was put off meanwhile."""
    unwarned = event.registrations.filter(_is_untold_of_the_end())
    for registration in unwarned.select_related("user"):
        untold = Registration.objects.filter(_is_untold_of_the_end(), pk=registration.pk)
        _once(untold, "end_announced_at", partial(_tell_of_end, registration.user, event))


def _tell_of_end(user: User, event: Event) -> None:
    if sees_photos(user, event):
        mails.event_ends(user=user, event=event)


def _send_host_mails(event: Event) -> None:
    unsent = HostMailRecipient.objects.filter(_is_unsent(), mail__event=event)
    for recipient in unsent.select_related("mail__author", "mail__event", "registration__user"):
        untold = HostMailRecipient.objects.filter(pk=recipient.pk, sent_at=None)
        user = recipient.registration.user
        _once(untold, "sent_at", partial(mails.from_host, user=user, mail=recipient.mail))


def _announce_co_hosts(event: Event) -> None:
    for invitation in co_hosts.sent_for(event).filter(announced_at=None):
        user = co_hosts.mail_recipient(invitation)
        if user is not None:
            untold = CoHostInvitation.objects.filter(pk=invitation.pk, announced_at=None)
            _once(untold, "announced_at", partial(mails.co_host, user=user, event=event))


def _once(untold: QuerySet[Any], field: str, tell: Callable[[], None]) -> None:
    """Mark a row as notified in the same transaction as its mail.

    Nothing happens if another process was faster.
    """
    with transaction.atomic():
        if untold.update(**{field: timezone.now()}):
            tell()


def _is_unsent() -> Q:
    return Q(
        sent_at=None,
        registration__user__is_active=True,
        registration__user__notify_hosts=True,
    )


def _is_untold_of_the_end() -> Q:
    warned_from = F("event__expires_at") - WARNED_BEFORE
    return Q(
        Q(end_announced_at=None) | Q(end_announced_at__lt=warned_from),
        event__expires_at__lte=timezone.now() + WARNED_BEFORE,
        event__faces_expire_at__isnull=False,  # there are photos
        status=Registration.Status.ADMITTED,
        user__is_active=True,
        user__notify_photos=True,
    )


def _waiting(event: Event) -> QuerySet[Registration]:
    return event.registrations.exclude(status=Registration.Status.BLOCKED).filter(
        Q(status=Registration.Status.PENDING)
        | Exists(_unseen_references())
        | Exists(_open_collisions())
    )


def _is_new_and_waits() -> Q:
    """Since the creator was last told."""
    since = F("event__people_announced_at")
    never = Q(event__people_announced_at=None)
    unseen = _unseen_references()
    held = _open_collisions()
    told = OuterRef("event__people_announced_at")
    return ~Q(status=Registration.Status.BLOCKED) & (
        (Q(status=Registration.Status.PENDING) & (never | Q(registered_at__gt=since)))
        | (never & (Exists(unseen) | Exists(held)))
        | Exists(unseen.filter(created_at__gt=told))
        | Exists(held.filter(found_at__gt=told))
    )


def _open_collisions() -> QuerySet[Collision]:
    return Collision.objects.open().filter(event=OuterRef("event"), newcomer=OuterRef("user"))


def _unseen_references() -> QuerySet[Reference]:
    """Of those who are looked for; of others nobody needs to see any."""
    seen = ReferenceAdmission.objects.filter(
        registration=OuterRef(OuterRef("pk")), reference=OuterRef("pk")
    )
    return Reference.objects.filter(
        ~Exists(seen),
        user=OuterRef("user"),
        user__registrations=OuterRef("pk"),
        user__registrations__consent__withdrawn_at=None,
        user__registrations__consent__isnull=False,
    )


def _may_be_told() -> Q:
    return Q(people_announced_at=None) | Q(people_announced_at__lt=timezone.now() - PEOPLE_EVERY)
