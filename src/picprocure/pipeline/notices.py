"""Mails that tell people what happened in their events, once each."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from picprocure.accounts import mail
from picprocure.events.models import CoHost, Event, EventQuerySet, HostMailRecipient, Registration
from picprocure.galleries.access import photos_visible_to
from picprocure.recognition.models import Collision, Reference, ReferenceAdmission

logger = logging.getLogger(__name__)

WARNED_BEFORE = timedelta(days=1)  # the end of an event
PEOPLE_EVERY = timedelta(hours=1)
TRIED_FOR = timedelta(days=1)  # a host's mail, where the mail server refuses it


def announce(event_id: UUID) -> None:
    """Tell the creator that people wait, and people that their photos are there.

    May run twice. A mail that can't be sent is tried again by the next run.
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
    before = event.people_announced_at
    if not events_to_announce().filter(pk=event.pk).exists():
        return
    told = Event.objects.filter(_may_be_told(), pk=event.pk)
    if told.update(people_announced_at=timezone.now()):
        try:
            mail.people_wait(
                user=event.creator,
                event_name=event.name,
                count=_waiting(event).count(),
                url=_address("events:people", event),
            )
        except (OSError, SMTPException):
            logger.exception("A mail to the creator of event %s can't be sent.", event.pk)
            Event.objects.filter(pk=event.pk).update(people_announced_at=before)


def _announce_photos(event: Event) -> None:
    """Whoever may see a photo by now: neither who waits nor who is held is told anything."""
    unannounced = event.registrations.filter(
        photos_announced_at=None,
        status=Registration.Status.ADMITTED,
        user__is_active=True,
        user__notify_photos=True,
    )
    for registration in unannounced.select_related("user"):
        user = registration.user
        if not photos_visible_to(user, event).filter(released_at__isnull=False).exists():
            continue
        mine = Registration.objects.filter(pk=registration.pk)
        if mine.filter(photos_announced_at=None).update(photos_announced_at=timezone.now()):
            try:
                mail.photos_ready(
                    user=user,
                    event_name=event.name,
                    until=event.expires_at,
                    url=_address("galleries:gallery", event),
                )
            except (OSError, SMTPException):
                logger.exception("A mail about event %s can't be sent.", event.pk)
                mine.update(photos_announced_at=None)


def _announce_end(event: Event) -> None:
    """Whoever has photos in it; again when the end was put off meanwhile."""
    untold = event.registrations.filter(_is_untold_of_the_end()).select_related("user")
    for registration in untold:
        before = registration.end_announced_at
        mine = Registration.objects.filter(_is_untold_of_the_end(), pk=registration.pk)
        if not mine.update(end_announced_at=timezone.now()):
            continue
        if not photos_visible_to(registration.user, event).filter(released_at__isnull=False):
            continue
        try:
            mail.event_ends(
                user=registration.user,
                event_name=event.name,
                until=event.expires_at,
                url=_address("galleries:gallery", event),
            )
        except (OSError, SMTPException):
            logger.exception("A mail about the end of event %s can't be sent.", event.pk)
            Registration.objects.filter(pk=registration.pk).update(end_announced_at=before)


def _send_host_mails(event: Event) -> None:
    unsent = HostMailRecipient.objects.filter(_is_unsent(), mail__event=event)
    for recipient in unsent.select_related("mail__author", "registration__user"):
        mine = HostMailRecipient.objects.filter(pk=recipient.pk)
        if not mine.filter(sent_at=None).update(sent_at=timezone.now()):
            continue
        try:
            mail.from_host(
                user=recipient.registration.user,
                event_name=event.name,
                host_name=recipient.mail.author.name,
                subject=recipient.mail.subject,
                text=recipient.mail.text,
                url=_address("events:detail", event),
            )
        except (OSError, SMTPException):
            logger.exception("A host's mail about event %s can't be sent.", event.pk)
            mine.update(sent_at=None)


def _announce_co_hosts(event: Event) -> None:
    untold = event.co_hosts.filter(announced_at=None, user__is_active=True)
    for co_host in untold.select_related("user"):
        mine = CoHost.objects.filter(pk=co_host.pk)
        if not mine.filter(announced_at=None).update(announced_at=timezone.now()):
            continue
        try:
            mail.co_host(
                user=co_host.user,
                event_name=event.name,
                creator_name=event.creator.name,
                url=_address("events:detail", event),
            )
        except (OSError, SMTPException):
            logger.exception("A mail to a co-host of event %s can't be sent.", event.pk)
            mine.update(announced_at=None)


def _is_unsent() -> Q:
    """To somebody who still takes part; what couldn't be sent for a day never is."""
    return Q(
        ~Q(registration__status=Registration.Status.BLOCKED),
        sent_at=None,
        registration__user__is_active=True,
        registration__user__notify_hosts=True,
        mail__written_at__gt=timezone.now() - TRIED_FOR,
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
        | Exists(Collision.objects.filter(registration=OuterRef("pk"), dismissed_at=None))
    )


def _is_new_and_waits() -> Q:
    """Since the creator was last told."""
    since = F("event__people_announced_at")
    never = Q(event__people_announced_at=None)
    unseen = _unseen_references()
    held = Collision.objects.filter(registration=OuterRef("pk"), dismissed_at=None)
    told = OuterRef("event__people_announced_at")
    return ~Q(status=Registration.Status.BLOCKED) & (
        (Q(status=Registration.Status.PENDING) & (never | Q(registered_at__gt=since)))
        | (never & (Exists(unseen) | Exists(held)))
        | Exists(unseen.filter(created_at__gt=told))
        | Exists(held.filter(found_at__gt=told))
    )


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


def _address(name: str, event: Event) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=[event.pk])}"
