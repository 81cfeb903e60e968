"""How long sessions last, and which are deleted with an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import PASSWORD
from picprocure.accounts.models import User
from picprocure.events.co_hosts import invite
from picprocure.events.invitations import create_invitation
from picprocure.events.models import CoHostInvitation, Event, GuestListAddress
from picprocure.retention.erasure import erase_account


@pytest.fixture
def invitation(event: Event) -> str:
    token = create_invitation(event=event, valid_for=timedelta(days=1))
    return f"{reverse('events:invitation', args=[token])}?to=sign-in"


def test_anonymous_session_expires_within_hours(invitation: str) -> None:
    Client().get(invitation)

    (session,) = Session.objects.all()
    assert session.expire_date < timezone.now() + timedelta(hours=3)


def test_session_lasts_longer_after_sign_in(
    invitation: str, make_user: Callable[..., User]
) -> None:
    make_user("bob")
    client = Client()
    client.get(invitation)
    client.post(
        reverse("account_login"),
        {"login": "bob@example.org", "password": PASSWORD, "remember": "on"},
    )

    (session,) = Session.objects.all()
    assert session.expire_date > timezone.now() + timedelta(days=7)


def test_erased_account_does_not_end_sessions_of_a_longer_address(
    make_user: Callable[..., User],
) -> None:
    make_user("alice")
    squatter = User.objects.create_user(email="e@example.org")
    client = Client()
    client.post(reverse("account_login"), {"login": "alice@example.org", "password": PASSWORD})

    erase_account(squatter)

    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize(("who", "left"), [("squatter", 1), ("owner", 0)])
def test_guest_list_entries_are_deleted_only_with_their_owner(
    event: Event, make_user: Callable[..., User], who: str, left: int
) -> None:
    owner = make_user("bob")
    squatter = User.objects.create_user(email=owner.email)
    GuestListAddress.objects.create(event=event, email=owner.email)
    invite(event=event, invitee=owner.email)

    erase_account({"squatter": squatter, "owner": owner}[who])

    assert GuestListAddress.objects.count() == left
    assert CoHostInvitation.objects.count() == left
