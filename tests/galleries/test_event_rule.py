"""The rule for events finds what its plain formulation finds, in random states of a site."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import (
    CoHost,
    CoHostInvitation,
    Event,
    EventConsent,
    InvitedUser,
    Refusal,
    Registration,
)
from picprocure.galleries import access

pytestmark = pytest.mark.django_db

PEOPLE, EVENTS, STATES = 9, 12, 10


@pytest.fixture
def people() -> list[User]:
    """People, of whom one is an operator, one may create events, and one is deactivated."""
    kinds: list[dict[str, Any]] = [{} for _ in range(PEOPLE)]
    kinds[0] = {"is_staff": True, "is_superuser": True}
    kinds[1] = {"is_staff": True}
    kinds[2] = {"is_active": False}
    User.objects.bulk_create(
        User(email=f"{number}@example.org", **kind) for number, kind in enumerate(kinds)
    )
    return list(User.objects.order_by("pk"))


def fill(random: Random, people: list[User]) -> None:
    """Replace all events. Each two of a person and an event are linked in random ways."""
    now = timezone.now()
    Event.objects.all().delete()
    events = Event.objects.bulk_create(
        Event(
            creator=random.choice(people),
            name=f"event {number}",
            is_listed=random.random() < 0.3,
            created_at=now - timedelta(hours=random.randrange(4)),
            registration_closes_at=now + timedelta(hours=random.choice((-1, 1))),
            expires_at=now + timedelta(hours=random.choice((-1, 1, 1, 1))),
        )
        for number in range(EVENTS)
    )
    links: tuple[Any, ...] = (CoHost, CoHostInvitation, Registration, InvitedUser, Refusal)
    for model in links:
        pairs = [(person, event) for person in people for event in events]
        rows = [link(model, person, event, random) for person, event in random.sample(pairs, 14)]
        model.objects.bulk_create(rows)
    withdrawn = random.sample(list(Registration.objects.all()), 7)
    EventConsent.objects.bulk_create(
        EventConsent(registration=registration, version="1", text="", withdrawn_at=at)
        for registration, at in zip(withdrawn, (None, now) * 4, strict=False)
    )


def link(model: type[Model], person: User, event: Event, random: Random) -> Model:
    if model is Registration:
        status = random.choice(Registration.Status.values)
        return Registration(user=person, event=event, status=status)
    if model is CoHostInvitation:
        declined_at = random.choice((None, timezone.now()))
        invitee = person.email
        return CoHostInvitation(user=person, event=event, invitee=invitee, declined_at=declined_at)
    return model(user=person, event=event)


class PlainRule:
    """The rule as the documentation has it, asked of each event of the current state."""

    def __init__(self) -> None:
        now = timezone.now()
        self.current = [event for event in Event.objects.all() if event.expires_at > now]
        self.co_hosts = pairs_of(CoHost)
        self.known = pairs_of(Registration) | pairs_of(InvitedUser)

    def hosted_by(self, person: User) -> set[Event]:
        return {
            event
            for event in self.current
            if person.is_active
            and (event.creator_id == person.pk or (person.pk, event.pk) in self.co_hosts)
        }

    def visible_to(self, person: User) -> set[Event]:
        hosted = self.hosted_by(person)
        return {
            event
            for event in self.current
            if person.is_active
            and (event.is_listed or event in hosted or (person.pk, event.pk) in self.known)
        }


def pairs_of(model: type[Model]) -> set[tuple[int, UUID]]:
    return set(model._default_manager.values_list("user", "event"))


def listed_once(events: Any) -> set[Event]:
    """Return events, after checking that none comes twice."""
    found = list(events)
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize("seed", range(STATES))
def test_events_are_those_of_the_plain_rule(people: list[User], seed: int) -> None:
    random = Random(seed)
    fill(random, people)
    rule = PlainRule()
    assert rule.current
    for person in people:
        visible = rule.visible_to(person)
        assert listed_once(access.events_visible_to(person)) == visible
        parts = access.visible_events_in_parts(person)
        assert listed_once(event for part in parts for event in part) == visible
        one = random.choice(rule.current)  # as the pages of an event ask
        found = list(access.events_visible_to(person).filter(pk=one.pk))
        assert found == [one] * (one in visible)
        assert listed_once(access.events_managed_by(person)) == rule.hosted_by(person)
    visitor = AnonymousUser()
    assert not access.events_visible_to(visitor).exists()
    assert access.visible_events_in_parts(visitor) == ()
    assert not access.events_managed_by(visitor).exists()
