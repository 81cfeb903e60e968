"""The access rule: who may see what.

Every page, thumbnail, download and archive starts from these querysets. They leave out everything
that has expired and everything that the visitor may not know of. So a stranger gets the same answer
for an existing object as for one that doesn't exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, overload
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events import co_hosts, ended
from picprocure.events.models import (
    CoHost,
    CoHostInvitation,
    Event,
    EventQuerySet,
    Invitation,
    InvitedUser,
    Registration,
    RegistrationQuerySet,
)
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.recognition.admission import sees_nothing_yet
from picprocure.recognition.models import Collision, ManualGrant, Match, Reference
from picprocure.storage.prepared_queries import PreparedQuery, Slot

Visitor = User | AnonymousUser


def events_visible_to(visitor: Visitor) -> EventQuerySet:
    """Return events whose name, description, place, cover and dates the visitor may see.

    Those are listed events, and events that the visitor hosts, registered for, or opened an
    invitation to.
    """
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    return Event.objects.live().filter(Q(is_listed=True) | Q(pk__in=_events_known_to(person)))


def visible_events_in_parts(visitor: Visitor) -> tuple[EventQuerySet, ...]:
    """Return `events_visible_to` as querysets that share no event, for lists.

    The newest events of each are read from an index. Of both together, a database would read all
    events of the site.
    """
    person = _person(visitor)
    if person is None:
        return ()
    live = Event.objects.live()
    return (
        live.filter(is_listed=True),
        live.filter(is_listed=False, pk__in=_events_known_to(person)),
    )


def event_of_invitation(token_hash: str) -> Event | None:
    """Return the event that an invitation leads to, if the invitation is valid."""
    valid = Invitation.objects.valid().filter(token_hash=token_hash)
    return Event.objects.live().filter(pk__in=valid.values("event")).first()


def events_managed_by(visitor: Visitor) -> EventQuerySet:
    """Return events that the visitor hosts, as creator or co-host."""
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    return _events_of_host(person.pk)


def events_created_by(visitor: Visitor) -> EventQuerySet:
    """Return events that the visitor created. Only creators may delete them or choose co-hosts."""
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    return Event.objects.live().filter(creator=person)


def events_co_hosted_by(visitor: Visitor) -> EventQuerySet:
    """Return events that the visitor hosts without having created them. They may stop hosting."""
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    _, co_hosted = _hosted_by(person.pk)
    return Event.objects.live().filter(pk__in=co_hosted)


def invitations_to_host(visitor: Visitor) -> QuerySet[CoHostInvitation]:
    """Return the invitations to host that the visitor can accept or decline."""
    person = _person(visitor)
    if person is None:
        return CoHostInvitation.objects.none()
    return co_hosts.open_to(person).filter(event__in=Event.objects.live())


def _events_of_host(host: int | Slot, now: Slot | None = None) -> EventQuerySet:
    created, co_hosted = _hosted_by(host)
    return Event.objects.live(now).filter(pk__in=created.union(co_hosted))


def _hosted_by(host: int | Slot) -> tuple[QuerySet[Any, Any], ...]:
    """Return the keys of the events that a person created, and of those they co-host."""
    created = Event.objects.filter(creator=host).values("pk")
    return created, CoHost.objects.filter(user=host).order_by().values("event")


def _events_known_to(person: User) -> QuerySet[Any, Any]:
    """Return the keys of events that a person hosts, registered for, or was invited to.

    Like the rule for photos, it is asked from the side of the person, so other events are not read.
    """
    created, co_hosted = _hosted_by(person.pk)
    registered = Registration.objects.filter(user=person).order_by().values("event")
    invited = InvitedUser.objects.filter(user=person).values("event")
    return created.union(co_hosted, registered, invited)


def events_registered_by(visitor: Visitor) -> EventQuerySet:
    """Return events that the visitor registered for.

    Refused people see their event with an empty gallery, like people who wait and people who are in
    no photo. They can't tell which of these they are.
    """
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    own = Registration.objects.filter(user=person)
    return Event.objects.live().filter(pk__in=own.values("event"))


def end_of_event(visitor: Visitor, event_id: UUID) -> datetime | None:
    """Return when an event expired or was deleted that the visitor took part in, or None.

    It is known for a while (`events/ended.py`), and is the same for all who registered.
    """
    person = _person(visitor)
    return ended.end_of(event_id, person) if person else None


def photos_granted_to(visitor: Visitor) -> PhotoQuerySet:
    """Return photos that the visitor was found in, or that a host shared with them.

    Guests see no other photos, and these only while they are admitted and no collision hides them.
    """
    person = _person(visitor)
    if person is None:
        return Photo.objects.none()
    return _photos_of(_admitted().filter(user=person.pk))


def photos_visible_to(visitor: Visitor, event: Event) -> PhotoQuerySet:
    """Return the visitor's gallery of an event."""
    person = _person(visitor)
    if person is None:
        return Photo.objects.none()
    return _photos_of(_admitted().filter(user=person.pk, event=event))


class Gallery(Sequence[Photo]):
    """The photos of `photos_visible_to`, for pages that show some of them and count all."""

    def __init__(self, visitor: Visitor, event: Event) -> None:
        person = _person(visitor)
        # No person has the id 0.
        self._values = {"person": person.pk if person else 0, "event": event.pk}

    def __len__(self) -> int:
        return self._totals[0]

    @property
    def total_bytes(self) -> int:
        return self._totals[1]

    @overload
    def __getitem__(self, part: int) -> Photo: ...
    @overload
    def __getitem__(self, part: slice) -> list[Photo]: ...
    def __getitem__(self, part: int | slice) -> Photo | list[Photo]:
        if isinstance(part, int):
            return self[part : part + 1][0]
        return _gallery.rows(part, **self._values, now=timezone.now())

    @cached_property
    def _totals(self) -> tuple[int, int]:
        rows = _gallery_totals.values(**self._values, now=timezone.now())
        return (rows[0][0], rows[0][1]) if rows else (0, 0)


def _gallery_in_slots() -> PhotoQuerySet:
    person, now = Slot("person", User._meta.pk), Slot("now", Event._meta.get_field("expires_at"))
    event = Slot("event", Event._meta.pk)
    return _photos_of(_admitted(now).filter(user=person, event=event))


def _gallery_totals_in_slots() -> QuerySet[Photo, tuple[int, int]]:
    by_event = _gallery_in_slots().order_by().values("event")
    return by_event.annotate(photos=Count("pk"), size=Sum("size_bytes")).values_list(
        "photos", "size"
    )


_gallery = PreparedQuery(_gallery_in_slots)
_gallery_totals = PreparedQuery(_gallery_totals_in_slots)


def _photos_of(registrations: QuerySet[Registration]) -> PhotoQuerySet:
    """Return the photos that admitted people get in the events that they registered for.

    It is asked from the side of the people: of a large event, only their photos are read.
    """
    matched = Match.objects.filter(
        registration__in=registrations,
        registration__event=F("face__photo__event"),
        status=Match.Status.MATCHED,
    )
    granted = ManualGrant.objects.filter(
        registration__in=registrations, registration__event=F("photo__event")
    )
    found = matched.values("face__photo").union(granted.values("photo"))
    return _deliverable().filter(pk__in=found)


def galleries_of(event: Event, people: Collection[int] | None = None) -> dict[int, set[UUID]]:
    """Return the galleries of an event, in a fixed number of queries.

    Args:
        event: The event.
        people: The ids of the registrations whose galleries are read, by default all.

    Returns:
        The ids of visible photos by the id of each registration that sees any. Each set is the
        same as from `photos_visible_to`.
    """
    admitted = _admitted().filter(event=event)
    if people is not None:
        admitted = admitted.filter(pk__in=people)
    photos = _deliverable().filter(event=event)
    matched = Match.objects.filter(
        registration__in=admitted, face__photo__in=photos, status=Match.Status.MATCHED
    )
    granted = ManualGrant.objects.filter(registration__in=admitted, photo__in=photos)
    galleries: dict[int, set[UUID]] = defaultdict(set)
    for rows, photo in ((matched, "face__photo"), (granted, "photo")):
        for registration_id, photo_id in rows.values_list("registration", photo):
            galleries[registration_id].add(photo_id)
    return galleries


def _admitted(now: Slot | None = None) -> QuerySet[Registration]:
    """Return registrations for current events of people who may get photos.

    Whether an account is active is read from the database each time, since a download may have
    begun before it was deactivated.
    """
    return Registration.objects.filter(
        ~sees_nothing_yet(),
        # As a join, since SQLite reads all current events of the site for a subquery.
        event__expires_at__gt=now or timezone.now(),
        status=Registration.Status.ADMITTED,
        user__is_active=True,
    )


def _deliverable() -> PhotoQuerySet:
    """Return photos whose faces were found, and that are not unreleased.

    While a photo is analyzed again, its earlier matches count.
    """
    return Photo.objects.with_faces().filter(waits_for_release=False)


def photos_managed_by(visitor: Visitor) -> PhotoQuerySet:
    """Return all photos of the events that the visitor hosts."""
    return Photo.objects.filter(event__in=events_managed_by(visitor))


def photo_open_to(visitor: Visitor, photo_id: UUID) -> Photo | None:
    """Return a photo that the visitor may download, as a guest or as a host."""
    person = _person(visitor)
    if person is None:
        return None
    rows = _photo_open_to.rows(person=person.pk, photo=photo_id, now=timezone.now())
    return rows[0] if rows else None


def _photo_in_slots() -> PhotoQuerySet:
    person, now = Slot("person", User._meta.pk), Slot("now", Event._meta.get_field("expires_at"))
    photos = Photo.objects.filter(pk=Slot("photo", Photo._meta.pk)).order_by()
    granted = _photos_of(_admitted(now).filter(user=person))
    managed = _events_of_host(person, now)
    return photos.filter(Q(pk__in=granted) | Q(event__in=managed))


_photo_open_to = PreparedQuery(_photo_in_slots)


def registrations_managed_by(visitor: Visitor) -> RegistrationQuerySet:
    """Return registrations for the events that the visitor hosts."""
    return Registration.objects.filter(event__in=events_managed_by(visitor))


def references_visible_to(visitor: Visitor) -> QuerySet[Reference]:
    """Return the visitor's own references, and those that they may see as a host."""
    person = _person(visitor)
    if person is None:
        return Reference.objects.none()
    registrations = _with_visible_face(person).filter(user=OuterRef("user"))
    return Reference.objects.filter(Q(user=person) | Exists(registrations))


def references_shown_in(event: Event, visitor: Visitor) -> QuerySet[Reference]:
    """Return the references that a host sees in an event, of people who consented for it."""
    registrations = people_shown_in(event, visitor).filter(user=OuterRef("user"))
    return Reference.objects.filter(Exists(registrations))


def people_shown_in(event: Event, visitor: Visitor) -> QuerySet[Registration]:
    """Return registrations of people whose face and collisions a host sees in an event."""
    person = _person(visitor)
    if person is None:
        return Registration.objects.none()
    return _with_visible_face(person).filter(event=event)


def results_shown_in(event: Event, visitor: Visitor) -> QuerySet[Registration]:
    """Return registrations of people of whom a host sees what they got.

    It is what face recognition found, so of people who consent to it only those whose face the host
    sees.
    """
    visible = people_shown_in(event, visitor).values("pk")
    consenting = event.registrations.consenting().values("pk")
    registrations = registrations_managed_by(visitor).filter(event=event)
    return registrations.filter(Q(pk__in=visible) | ~Q(pk__in=consenting))


def may_decide_on(collisions: QuerySet[Collision], visitor: Visitor) -> bool:
    """Return whether a host sees both faces of each of these collisions, and so may decide.

    The creator of an event may decide on all of them.
    """
    person = _person(visitor)
    if person is None:
        return False
    visible = _with_visible_face(person).filter(event=OuterRef("event"))
    sees_newcomer = Exists(visible.filter(user=OuterRef("newcomer")))
    sees_other = Q(other__isnull=True) | Exists(visible.filter(user=OuterRef("other")))
    as_co_host = collisions.exclude(event__creator=person)
    return not as_co_host.exclude(sees_newcomer & sees_other).exists()


def _with_visible_face(host: User) -> QuerySet[Registration]:
    """Return registrations of people who consented to face recognition and weren't refused.

    A co-host's own registration is left out. Otherwise they would learn that it waits because of a
    collision, and could decide about it.
    """
    registrations = registrations_managed_by(host).consenting()
    as_co_host = Q(user=host) & ~Q(event__creator=host)
    return registrations.exclude(as_co_host | Q(status=Registration.Status.BLOCKED))


def _person(visitor: Visitor) -> User | None:
    """Return the visitor's account, or None for anonymous visitors and deactivated accounts."""
    return visitor if isinstance(visitor, User) and visitor.is_active else None
