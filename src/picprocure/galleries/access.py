"""The one rule: who may see what.

Every page, thumbnail, download and archive asks here. What comes back is a queryset that
already leaves out whatever has expired and whatever this user may not know of, so a stranger
and a thing that doesn't exist look the same.
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from picprocure.accounts.models import User
from picprocure.events.models import Event, EventQuerySet, Registration
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.recognition.models import Match, Reference

Visitor = User | AnonymousUser


def events_visible_to(user: Visitor) -> EventQuerySet:
    """Events whose name, description, cover and dates this user may know of."""
    return Event.objects.live() if _is_active(user) else Event.objects.none()


def events_managed_by(user: Visitor) -> EventQuerySet:
    """Events that this user runs."""
    return Event.objects.live().filter(creator=user) if _is_active(user) else Event.objects.none()


def events_registered_by(user: Visitor) -> EventQuerySet:
    """Events that this user registered for."""
    if not _is_active(user):
        return Event.objects.none()
    return Event.objects.live().filter(registrations__user=user)


def photos_granted_to(user: Visitor) -> PhotoQuerySet:
    """Photos this user was found in: the only photos a registered person ever sees."""
    if not _is_active(user):
        return Photo.objects.none()
    matched = Match.objects.filter(
        face__photo=OuterRef("pk"),
        registration__event=OuterRef("event"),
        registration__user=user,
        status=Match.Status.MATCHED,
    )
    return Photo.objects.analyzed().filter(Exists(matched), event__in=Event.objects.live())


def photos_visible_to(user: Visitor, event: Event) -> PhotoQuerySet:
    """One person's gallery of one event."""
    return photos_granted_to(user).filter(event=event)


def photos_managed_by(user: Visitor) -> PhotoQuerySet:
    """All photos of the events that this user runs."""
    return Photo.objects.filter(event__in=events_managed_by(user))


def photos_open_to(user: Visitor) -> PhotoQuerySet:
    """Photos whose bytes this user may get, for whichever reason."""
    return photos_granted_to(user) | photos_managed_by(user)


def registrations_managed_by(user: Visitor) -> QuerySet[Registration]:
    """Registrations for the events that this user runs."""
    return Registration.objects.filter(event__in=events_managed_by(user))


def references_visible_to(user: Visitor) -> QuerySet[Reference]:
    """The user's own references, and those of people who registered for the user's events."""
    if not _is_active(user):
        return Reference.objects.none()
    registered = registrations_managed_by(user).filter(user=OuterRef("user"))
    return Reference.objects.filter(Q(user=user) | Exists(registered))


def _is_active(user: Visitor) -> bool:
    return user.is_authenticated and user.is_active
