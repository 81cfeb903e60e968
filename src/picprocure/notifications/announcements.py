"""Announcements: mails that notify people of what happened in their events, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import (
    Event,
    EventQuerySet,
    HostMailRecipient,
    Registration,
)
from picprocure.galleries.access import galleries_of
from picprocure.notifications import mails
from picprocure.notifications.wanted import sees_photos
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.recognition.admission import sees_nothing_yet
from picprocure.recognition.models import (
    Collision,
    ManualGrant,
    Match,
    Reference,
    ReferenceAdmission,
    Sorting,
)

FIRST_WARNING, LAST_WARNING = timedelta(days=7), timedelta(days=1)  # before the end of an event
PEOPLE_EVERY = timedelta(hours=1)
MAX_MAIL_DELAY = timedelta(hours=1)


def announce(event_id: UUID) -> None:
    """Write the mails that an event gives reason for.

    The creator is notified of waiting people, and hosts of the end of unreleased photos. People are
    notified of their photos, of the end of the event, and of mails by hosts. May run twice: each
    mail is written once.
    """
    event = Event.objects.live().filter(pk=event_id).select_related("creator").first()
    if event is not None:
        _announce_people(event)
        _announce_photos(event)
        _announce_end(event)
        _announce_end_to_hosts(event)
        _send_host_mails(event)


def events_about_to_end() -> EventQuerySet:
    """Return events with people or hosts who must be warned that photos will be deleted soon."""
    unwarned = Registration.objects.filter(_must_be_warned(), event=OuterRef("pk"))
    soon = timezone.now() + FIRST_WARNING
    is_quiet = ~Exists(_released_lately().filter(event=OuterRef("pk")))
    people = Q(is_quiet, Exists(unwarned))
    return Event.objects.live().filter(people | _hosts_must_be_warned(), expires_at__lte=soon)


def events_with_unsent_mail() -> EventQuerySet:
    """Return events with a mail by a host that was not written to all its recipients yet."""
    unsent = HostMailRecipient.objects.filter(_is_unsent(), mail__event=OuterRef("pk"))
    return Event.objects.live().filter(Exists(unsent))


def events_to_announce() -> EventQuerySet:
    """Return events whose creator must be notified of newly waiting people now."""
    newly_waiting = Registration.objects.filter(event=OuterRef("pk")).filter(_is_newly_waiting())
    return Event.objects.live().filter(
        _may_notify_creator(),
        Exists(newly_waiting),
        creator__is_active=True,
        creator__notify_people=True,
    )


def _announce_people(event: Event) -> None:
    if events_to_announce().filter(pk=event.pk).exists():
        rows = Event.objects.filter(_may_notify_creator(), pk=event.pk)
        write = partial(
            mails.people_wait, user=event.creator, event=event, count=_waiting(event).count()
        )
        _write_once(rows, "people_announced_at", write)


def _announce_photos(event: Event) -> None:
    """Notify people who may see a photo now, once the event's photos have settled.

    People who wait are not notified.
    """
    unannounced = event.registrations.filter(_awaits_photo_mail())
    is_due = unannounced.exists() and _settled(Event.objects.filter(pk=event.pk)).exists()
    galleries = galleries_of(event) if is_due else {}
    for registration in unannounced.select_related("user"):
        user = registration.user
        if registration.pk in galleries and sees_photos(user, event):
            rows = unannounced.filter(pk=registration.pk)
            write = partial(mails.photos_ready, user=user, event=event)
            _write_once(rows, "photos_announced_at", write)


def announce_again(event: Event, *, photos: PhotoQuerySet) -> None:
    """Let people be notified once more, since a host releases further photos of them.

    Photos that follow later, such as one that failed at first, don't cause another mail.

    Args:
        event: The event, whose photos are released by hand.
        photos: The photos that are about to be released.
    """
    own, ids = {"registration": OuterRef("pk")}, photos.order_by().values("pk")
    matches = Match.objects.filter(**own, status=Match.Status.MATCHED, face__photo__in=ids)
    grants = ManualGrant.objects.filter(**own, photo__in=ids)
    told_before = event.registrations.filter(
        photos_announced_at__lt=F("event__release_requested_at")
    )
    told_before.filter(Exists(matches) | Exists(grants)).update(photos_announced_at=None)


def events_with_new_photos() -> EventQuerySet:
    """Return settled events with people who were not notified of their photos."""
    # As joins: a subquery of photos would read all photos of the site.
    own = {"registration": OuterRef("pk")}
    matches = Match.objects.filter(
        **own,
        status=Match.Status.MATCHED,
        face__photo__analyzed_at__isnull=False,
        face__photo__released_at__isnull=False,
    )
    grants = ManualGrant.objects.filter(
        **own, photo__analyzed_at__isnull=False, photo__released_at__isnull=False
    )
    unannounced = Registration.objects.filter(
        _awaits_photo_mail(),
        Exists(matches) | Exists(grants),
        ~sees_nothing_yet(),
        had_photos=True,  # few people, who are read from an index
        event__faces_expire_at__isnull=False,  # else, no photo was released yet
    )
    return _settled(Event.objects.live()).filter(pk__in=unannounced.order_by().values("event"))


def _settled(events: EventQuerySet) -> EventQuerySet:
    """Keep events that are sorted and got no photo for a while, so that one mail tells of all.

    Mails wait no longer than `MAX_MAIL_DELAY` after the event's first photos were released.
    """
    photos = Photo.objects.filter(event=OuterRef("pk"))
    overdue = photos.filter(released_at__lt=timezone.now() - MAX_MAIL_DELAY)
    recent = photos.filter(uploaded_at__gt=timezone.now() - settings.PHOTO_MAIL_DELAY)
    pending = Sorting.objects.pending().filter(event=OuterRef("pk"))
    is_busy = Exists(recent) | Exists(photos.waiting()) | Exists(pending)
    return events.filter(~Q(is_busy) | Exists(overdue))


def _awaits_photo_mail() -> Q:
    """Return a condition for registrations whose people were not notified of their photos."""
    return Q(
        photos_announced_at=None,
        status=Registration.Status.ADMITTED,
        user__is_active=True,
        user__notify_photos=True,
    )


def _announce_end(event: Event) -> None:
    """Warn people with photos twice before the event ends, again if the end was postponed since."""
    if _released_lately().filter(event=event).exists():
        return
    unwarned = event.registrations.filter(_must_be_warned())
    for registration in unwarned.select_related("user"):
        rows = Registration.objects.filter(_must_be_warned(), pk=registration.pk)
        write = partial(_warn_of_end, registration.user, event)
        _write_once(rows, "end_announced_at", write)


def _warn_of_end(user: User, event: Event) -> None:
    if sees_photos(user, event):
        mails.event_ends(user=user, event=event)


def _announce_end_to_hosts(event: Event) -> None:
    """Warn hosts, as guests are, before photos are deleted that no host has released."""
    rows = Event.objects.filter(_hosts_must_be_warned(), pk=event.pk)
    if rows.exists():
        _write_once(rows, "unreleased_announced_at", partial(_warn_hosts_of_end, event))


def _warn_hosts_of_end(event: Event) -> None:
    count = event.photos.to_release_by_hand().count()
    for host in User.objects.filter(Q(created_events=event) | Q(co_hosted__event=event)).distinct():
        mails.unreleased_end(user=host, event=event, count=count)


def _send_host_mails(event: Event) -> None:
    unsent = HostMailRecipient.objects.filter(_is_unsent(), mail__event=event)
    for recipient in unsent.select_related("mail__author", "mail__event", "registration__user"):
        rows = HostMailRecipient.objects.filter(pk=recipient.pk, sent_at=None)
        user = recipient.registration.user
        _write_once(rows, "sent_at", partial(mails.from_host, user=user, mail=recipient.mail))


def _write_once(rows: QuerySet[Any], field: str, write: Callable[[], None]) -> None:
    """Write a mail, and record its time on a row in the same transaction.

    Args:
        rows: A queryset with one row, or none if another process was faster. Then no mail is
            written.
        field: The field for the time.
        write: The function that writes the mail.
    """
    with transaction.atomic():
        if rows.update(**{field: timezone.now()}):
            write()


def _is_unsent() -> Q:
    return Q(
        sent_at=None,
        registration__user__is_active=True,
        registration__user__notify_hosts=True,
    )


def _released_lately() -> PhotoQuerySet:
    """Return photos after whose release it is too early to warn of the event's end."""
    return Photo.objects.filter(released_at__gt=timezone.now() - LAST_WARNING)


def _must_be_warned() -> Q:
    """Return a condition for registrations whose people must be warned of the event's end.

    There is no first warning if the mail that photos are ready, which says the same, came later.
    """
    first = F("event__expires_at") - FIRST_WARNING
    return Q(
        _warning_is_due(
            "end_announced_at", event="event__", for_first=Q(photos_announced_at__lt=first)
        ),
        event__faces_expire_at__isnull=False,  # there are photos
        status=Registration.Status.ADMITTED,
        user__is_active=True,
        user__notify_photos=True,
    )


def _hosts_must_be_warned() -> Q:
    """Return a condition for events whose hosts must be warned that unreleased photos will go."""
    photos = Photo.objects.to_release_by_hand().filter(event=OuterRef("pk"))
    due = _warning_is_due("unreleased_announced_at")
    return Q(due, Exists(photos), has_unreleased_photos=True)


def _warning_is_due(last_warning: str, *, event: str = "", for_first: Q | None = None) -> Q:
    """Return a condition for rows with people who must be warned of an event's end.

    There is no first warning if photos are available for a week at most, since each release would
    be followed by one. Warnings are a day apart or more.

    Args:
        last_warning: The field for the time of the last warning.
        event: The way from the row to the event, for example `event__`.
        for_first: A further condition for the first warning.
    """
    now, end = timezone.now(), f"{event}expires_at"

    def is_due(before: timedelta) -> Q:
        is_new = Q(**{f"{last_warning}__lt": F(end) - before}) | Q(**{last_warning: None})
        return is_new & Q(**{f"{end}__lte": now + before})

    week = FIRST_WARNING // timedelta(hours=1)
    is_long = Q(**{f"{event}availability_hours__gt": week}) & (for_first or Q())
    is_recent = Q(**{f"{last_warning}__gt": now - LAST_WARNING})
    return ((is_due(FIRST_WARNING) & is_long) | is_due(LAST_WARNING)) & ~is_recent


def _waiting(event: Event) -> QuerySet[Registration]:
    """Return registrations that wait for a host: to be admitted, or with something to decide."""
    return event.registrations.exclude(status=Registration.Status.BLOCKED).filter(
        Q(status=Registration.Status.PENDING)
        | Exists(_unseen_references())
        | Exists(_open_collisions())
    )


def _is_newly_waiting() -> Q:
    """Return a condition for registrations that wait since the creator was last notified."""
    last = F("event__people_announced_at")
    outer_last = OuterRef("event__people_announced_at")
    is_first_mail = Q(event__people_announced_at=None)
    is_pending = Q(status=Registration.Status.PENDING)
    references = _unseen_references()
    collisions = _open_collisions()
    return ~Q(status=Registration.Status.BLOCKED) & (
        (is_pending & (is_first_mail | Q(registered_at__gt=last)))
        | (is_first_mail & (Exists(references) | Exists(collisions)))
        | Exists(references.filter(created_at__gt=outer_last))
        | Exists(collisions.filter(found_at__gt=outer_last))
    )


def _open_collisions() -> QuerySet[Collision]:
    return Collision.objects.open().filter(event=OuterRef("event"), newcomer=OuterRef("user"))


def _unseen_references() -> QuerySet[Reference]:
    """Return references that no host has seen, of people who consented to face recognition."""
    admissions = ReferenceAdmission.objects.filter(
        registration=OuterRef(OuterRef("pk")), reference=OuterRef("pk")
    )
    return Reference.objects.filter(
        ~Exists(admissions),
        user=OuterRef("user"),
        user__registrations=OuterRef("pk"),
        user__registrations__consent__withdrawn_at=None,
        user__registrations__consent__isnull=False,
    )


def _may_notify_creator() -> Q:
    """Return a condition for events whose creator was not notified for some time."""
    return Q(people_announced_at=None) | Q(people_announced_at__lt=timezone.now() - PEOPLE_EVERY)
