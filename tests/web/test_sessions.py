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
from picprocure.events.co_hosts import accept, decline, invite, sent_for
from picprocure.events.invitations import create_invitation
from picprocure.events.models import CoHostInvitation, Event, GuestListAddress
from picprocure.pipeline import changes
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


@pytest.mark.parametrize("who", ["squatter", "owner"])
def test_hosts_do_not_see_that_a_listed_or_invited_address_had_an_account(
    event: Event, make_user: Callable[..., User], who: str
) -> None:
    owner = make_user("bob")
    squatter = User.objects.create_user(email=owner.email)
    GuestListAddress.objects.create(event=event, email=owner.email)
    invite(event=event, invitee=owner.email)
    decline(event=event, user=owner)

    erase_account({"squatter": squatter, "owner": owner}[who])

    assert GuestListAddress.objects.get().email == owner.email
    assert sent_for(event).get().invitee == owner.email


def test_rows_that_an_account_used_are_deleted_with_it(
    event: Event, make_user: Callable[..., User]
) -> None:
    owner = make_user("bob")
    GuestListAddress.objects.create(event=event, email=owner.email)
    changes.join_event(user=owner, event=event, consent=None)
    invite(event=event, invitee=owner.email)
    accept(event=event, user=owner)

    erase_account(owner)

    assert not GuestListAddress.objects.exists()
    assert not CoHostInvitation.objects.exists()
