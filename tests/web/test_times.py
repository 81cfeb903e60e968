"""Every page marks its times, so that a script can show them in the reader's time zone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from conftest import PASSWORD, World
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

MARKED = re.compile(r"<time datetime=\"[\d-]+T[^>]*>[^<]*</time>")
CLOCK = re.compile(r"\d\d:\d\d")


def check(page: str) -> None:
    assert MARKED.search(page)
    assert not CLOCK.search(MARKED.sub("", page))


@pytest.mark.parametrize("name", ["detail", "people", "invite"])
def test_times_of_an_event_for_its_host(world: World, name: str) -> None:
    create_invitation(event=world.event, valid_for=timedelta(days=1))
    address = reverse(f"events:{name}", args=[world.event.pk])
    check(world.client("alice").get(address).content.decode())


def test_expiry_of_a_new_link(world: World) -> None:
    address = reverse("events:invite", args=[world.event.pk])
    check(world.client("alice").post(address, {"days": "7"}, follow=True).content.decode())


def test_close_of_registration(world: World) -> None:
    detail = reverse("events:detail", args=[world.event.pk])
    page = world.client("mallory").get(detail).content.decode()
    assert "It was open until" in page
    check(page)
    Event.objects.update(registration_closes_at=world.event.expires_at)
    token = create_invitation(event=world.event, valid_for=timedelta(days=1))
    check(Client().get(reverse("events:invitation", args=[token])).content.decode())


@pytest.mark.parametrize("name", ["accounts:data", "usersessions_list"])
def test_times_of_an_account(world: World, name: str) -> None:
    bob = Client()
    bob.post(reverse("account_login"), {"login": world.bob.email, "password": PASSWORD})
    check(bob.get(reverse(name)).content.decode())
