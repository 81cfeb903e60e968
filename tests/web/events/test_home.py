"""The first page after signing in is the one that matters to the person."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from conftest import World, browser_of, new_user
from picprocure.accounts.models import User
from picprocure.events.models import Event, InvitedUser
from picprocure.events.services import may_create_events

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "events:home"


@pytest.mark.parametrize(
    ("persona", "page"),
    [
        ("bob", "events:registrations"),  # he has photos
        ("charlie", "events:registrations"),
        ("blocked", "events:registrations"),
        ("alice", "events:mine"),
        ("co_host", "events:mine"),
        ("invited", "events:hosting_invitations"),
        ("mallory", "events:list"),
        ("operator", "accounts:welcome"),
    ],
)
def test_each_person_sees_what_matters_to_them(full_world: World, persona: str, page: str) -> None:
    assert full_world.client(persona).get(reverse(HOME))["Location"] == reverse(page)


def test_followed_invitation_waits(event: Event) -> None:
    InvitedUser.objects.create(event=event, user=new_user("dora"))
    answer = browser_of(User.objects.get(email="dora@example.org")).get(reverse(HOME))
    assert answer["Location"] == reverse("events:detail", args=[event.pk])


def test_hosts_need_no_face(event: Event, settings: object) -> None:
    dora = new_user("dora")
    page = browser_of(dora).get(reverse("accounts:welcome")).content.decode()
    for choice in ("enrollment:start", "events:create"):
        assert f'href="{reverse(choice)}"' in page
    settings.EVENT_CREATORS = "staff"  # type: ignore[attr-defined]
    assert not may_create_events(dora)
    only_choice = browser_of(dora).get(reverse("accounts:welcome"))
    assert only_choice["Location"] == reverse("enrollment:start")
    front = Client().get(reverse("pages:front")).content.decode()
    assert "I want my photos" in front
    assert "I'm hosting an event" not in front


@pytest.mark.parametrize("creators", ["everyone", "staff"])
def test_invited_host_is_not_asked_for_their_face(
    full_world: World, settings: object, creators: str
) -> None:
    settings.EVENT_CREATORS = creators  # type: ignore[attr-defined]
    answer = full_world.client("invited").get(reverse("accounts:welcome"))
    assert answer["Location"] == reverse("events:hosting_invitations")
