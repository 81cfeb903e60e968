"""The rule that is compiled for one photo is the same as the rule for many, whatever changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from conftest import World
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, Event, Registration
from picprocure.galleries import access
from picprocure.photos.models import Photo
from picprocure.recognition.models import Collision, Face, ManualGrant, Match

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.light]

STEPS = 12


def test_both_rules_agree_after_random_changes(full_world: World) -> None:
    chance = random.Random(0)
    photos = list(Photo.objects.values_list("pk", flat=True))
    opened = 0
    for _ in range(STEPS):
        change = chance.choice(CHANGES)
        change(chance)
        people: list[User | AnonymousUser] = [AnonymousUser(), *User.objects.order_by("pk")]
        for person in people:
            single = {photo for photo in photos if access.photo_open_to(person, photo)}
            assert single == photos_of(person), (change.__name__, str(person))
            opened += len(single)
    assert opened > STEPS


def photos_of(person: User | AnonymousUser) -> set[UUID]:
    granted = access.photos_granted_to(person).values_list("pk", flat=True)
    managed = access.photos_managed_by(person).values_list("pk", flat=True)
    return {*granted, *managed}


def a_status(chance: random.Random) -> None:
    rows = list(Registration.objects.order_by("pk").values_list("pk", flat=True))
    status = chance.choice(list(Registration.Status))
    Registration.objects.filter(pk=chance.choice(rows)).update(status=status)


def an_analysis(chance: random.Random) -> None:
    analyzed_at = chance.choice([None, timezone.now()])
    Photo.objects.filter(pk=a_photo(chance).pk).update(
        analyzed_at=analyzed_at, status=chance.choice(list(Photo.Status))
    )


def an_account(chance: random.Random) -> None:
    User.objects.filter(pk=a_person(chance).pk).update(is_active=chance.random() < 0.7)


def an_end(chance: random.Random) -> None:
    hours = chance.choice((-1, 1, 1))
    Event.objects.update(expires_at=timezone.now() + timedelta(hours=hours))


def a_grant(chance: random.Random) -> None:
    registration = chance.choice(list(Registration.objects.order_by("pk")))
    ManualGrant.objects.get_or_create(registration=registration, photo=a_photo(chance))


def a_match(chance: random.Random) -> None:
    Match.objects.update_or_create(
        registration=chance.choice(list(Registration.objects.order_by("pk"))),
        face=chance.choice(list(Face.objects.order_by("pk"))),
        defaults={
            "status": chance.choice(list(Match.Status)),
            "distance": 1,
            "threshold": 1,
            "reason": "",
        },
    )


def a_collision(chance: random.Random) -> None:
    Collision.objects.create(
        event=chance.choice(list(Event.objects.order_by("pk"))),
        newcomer=a_person(chance),
        other=a_person(chance),
        kind=Collision.Kind.PERSON,
        keeps_photos=chance.random() < 0.4,
        dismissed_at=chance.choice([None, timezone.now()]),
    )


def an_end_of_collisions(_: random.Random) -> None:
    Collision.objects.update(dismissed_at=timezone.now())


def a_co_host(chance: random.Random) -> None:
    event, person = Event.objects.order_by("pk")[0], a_person(chance)
    if CoHost.objects.filter(event=event, user=person).delete()[0] == 0:
        CoHost.objects.create(event=event, user=person)


def a_release(chance: random.Random) -> None:
    waits = chance.random() < 0.5
    Photo.objects.filter(pk=a_photo(chance).pk).update(
        waits_for_release=waits, released_at=None if waits else timezone.now()
    )


CHANGES: tuple[Callable[[random.Random], None], ...] = (
    a_status,
    an_analysis,
    an_account,
    an_end,
    a_grant,
    a_match,
    a_match,
    a_collision,
    an_end_of_collisions,
    a_co_host,
    a_release,
)


def a_person(chance: random.Random) -> User:
    return chance.choice(list(User.objects.order_by("pk")))


def a_photo(chance: random.Random) -> Photo:
    return chance.choice(list(Photo.objects.order_by("pk")))
