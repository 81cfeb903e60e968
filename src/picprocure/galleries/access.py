"""The one rule: who may see what.

Every page, thumbnail, download and archive asks here. What comes back is a queryset that
already leaves out whatever has expired and whatever this visitor may not know of, so a stranger
and a thing that doesn't exist look the same.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events import co_hosts
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
from picprocure.recognition.admission import has_open_collision
from picprocure.recognition.models import Collision, ManualGrant, Match, Reference

Visitor = User | AnonymousUser


def events_visible_to(visitor: Visitor) -> EventQuerySet:
    """Events whose name, description, cover and dates this visitor may know of: those listed,
    those that one runs, and those that one takes part in or was invited to."""
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    of_theirs = (
        Q(is_listed=True)
        | _is_run_by(person)
        | Exists(Registration.objects.filter(event=OuterRef("pk"), user=person))
        | Exists(InvitedUser.objects.filter(event=OuterRef("pk"), user=person))
    )
    return Event.objects.live().filter(of_theirs)


def event_behind(token_hash: str) -> Event | None:
    """The event that an invitation leads to, whoever follows it."""
    valid = Invitation.objects.filter(token_hash=token_hash, expires_at__gt=timezone.now())
    return Event.objects.live().filter(pk__in=valid.values("event")).first()


def events_managed_by(visitor: Visitor) -> EventQuerySet:
    """Events that this person runs, as their creator or a co-host."""
    person = _person(visitor)
    return Event.objects.live().filter(_is_run_by(person)) if person else Event.objects.none()


def events_created_by(visitor: Visitor) -> EventQuerySet:
    """Events that this person may delete, and choose the co-hosts of."""
    person = _person(visitor)
    return Event.objects.live().filter(creator=person) if person else Event.objects.none()


def invitations_to_host(visitor: Visitor) -> QuerySet[CoHostInvitation]:
    """Return the invitations to host that this person can accept or decline."""
    person = _person(visitor)
    if person is None:
        return CoHostInvitation.objects.none()
    return co_hosts.open_to(person).filter(event__in=Event.objects.live())


def _is_run_by(person: User) -> Q:
    return Q(creator=person) | Q(Exists(CoHost.objects.filter(event=OuterRef("pk"), user=person)))


def events_registered_by(visitor: Visitor) -> EventQuerySet:
    """Events that this person registered for.

    This includes people who were refused. They see an empty gallery, like people who wait and
    people who are in no photo, and can't tell which of these they are.
    """
    person = _person(visitor)
    if person is None:
        return Event.objects.none()
    own = Registration.objects.filter(user=person)
    return Event.objects.live().filter(pk__in=own.values("event"))


def photos_granted_to(visitor: Visitor) -> PhotoQuerySet:
    """Photos this person was found in, or was given by hand by whoever runs the event: the only
    photos a registered person ever sees, and only while they are admitted and not held."""
    person = _person(visitor)
    if person is None:
        return Photo.objects.none()
    own = Q(registration__in=_admitted().filter(user=person), registration__event=OuterRef("event"))
    matched = Match.objects.filter(own, face__photo=OuterRef("pk"), status=Match.Status.MATCHED)
    granted = ManualGrant.objects.filter(own, photo=OuterRef("pk"))
    return _deliverable().filter(Exists(matched) | Exists(granted))


def photos_visible_to(visitor: Visitor, event: Event) -> PhotoQuerySet:
    """One person's gallery of one event."""
    return photos_granted_to(visitor).filter(event=event)


def galleries_of(event: Event) -> dict[int, set[UUID]]:
    """The ids of the photos in everybody's gallery of one event, by registration: what
    `photos_visible_to` says of each, asked for all at once."""
    admitted = _admitted().filter(event=event)
    photos = _deliverable().filter(event=event)
    matched = Match.objects.filter(
        registration__in=admitted, face__photo__in=photos, status=Match.Status.MATCHED
    )
    granted = ManualGrant.objects.filter(registration__in=admitted, photo__in=photos)
    found: dict[int, set[UUID]] = defaultdict(set)
    for rows, photo in ((matched, "face__photo"), (granted, "photo")):
        for registration_id, photo_id in rows.values_list("registration", photo):
            found[registration_id].add(photo_id)
    return found


def _admitted() -> QuerySet[Registration]:
    """Return registrations of people who may get photos.

    Whether an account is switched off is read from the database each time, since a download may
    have begun before.
    """
    return Registration.objects.filter(
        ~has_open_collision(), status=Registration.Status.ADMITTED, user__is_active=True
    )


def _deliverable() -> PhotoQuerySet:
    return Photo.objects.analyzed().filter(event__in=Event.objects.live())


def photos_managed_by(visitor: Visitor) -> PhotoQuerySet:
    """All photos of the events that this person runs."""
    return Photo.objects.filter(event__in=events_managed_by(visitor))


def photos_open_to(visitor: Visitor) -> PhotoQuerySet:
    """Photos whose bytes this visitor may get, for whichever reason."""
    return photos_granted_to(visitor) | photos_managed_by(visitor)


def registrations_managed_by(visitor: Visitor) -> RegistrationQuerySet:
    """Registrations for the events that this person runs."""
    return Registration.objects.filter(event__in=events_managed_by(visitor))


def references_visible_to(visitor: Visitor) -> QuerySet[Reference]:
    """Return a person's own references, and those that they may see as a host."""
    person = _person(visitor)
    if person is None:
        return Reference.objects.none()
    registered = _with_their_face(person).filter(user=OuterRef("user"))
    return Reference.objects.filter(Q(user=person) | Exists(registered))


def references_shown_in(event: Event, visitor: Visitor) -> QuerySet[Reference]:
    """Return the references that a host sees in this event, with consent for this event."""
    registered = people_shown_in(event, visitor).filter(user=OuterRef("user"))
    return Reference.objects.filter(Exists(registered))


def people_shown_in(event: Event, visitor: Visitor) -> QuerySet[Registration]:
    """Return the registrations of people whose face and collisions a host sees in this event."""
    person = _person(visitor)
    if person is None:
        return Registration.objects.none()
    return _with_their_face(person).filter(event=event)


def may_decide_on(collisions: QuerySet[Collision], visitor: Visitor) -> bool:
    """Return whether a host sees both faces of each of these collisions, and so may decide.

    The creator of an event may decide on all of them.
    """
    person = _person(visitor)
    if person is None:
        return False
    shown = _with_their_face(person).filter(event=OuterRef("event"))
    sees_newcomer = Exists(shown.filter(user=OuterRef("newcomer")))
    sees_other = Q(other__isnull=True) | Exists(shown.filter(user=OuterRef("other")))
    by_others = collisions.exclude(event__creator=person)
    return not by_others.exclude(sees_newcomer & sees_other).exists()


def _with_their_face(host: User) -> QuerySet[Registration]:
    """Return registrations of people who agreed to be looked for and weren't refused."""
    registrations = registrations_managed_by(host).consenting()
    return registrations.exclude(status=Registration.Status.BLOCKED)


def _person(visitor: Visitor) -> User | None:
    """The signed-in person behind a visitor, unless the account is switched off."""
    return visitor if isinstance(visitor, User) and visitor.is_active else None
