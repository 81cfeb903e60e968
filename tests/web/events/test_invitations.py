"""Invitation links: people with a link see the event, and nothing more."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation
from picprocure.events.models import Event, Invitation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unlisted(event: Event) -> Event:
    Event.objects.update(is_listed=False)
    event.refresh_from_db()
    return event


def link_to(event: Event, days: int = 7) -> str:
    token = create_invitation(event=event, valid_for=timedelta(days=days))
    return reverse("events:invitation", args=[token])


def test_link_is_displayed_once_and_only_its_hash_is_stored(event: Event) -> None:
    alice = browser_of(event.creator)
    page = alice.post(reverse("events:invite", args=[event.pk]), {"days": "7"}).content.decode()
    link = re.search(r'value="(http://localhost:8000/events/invitation/([\w-]+)/)"', page)
    assert link
    image = re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", page)
    assert image
    assert b"<svg" in base64.b64decode(image[1])
    invitation = Invitation.objects.get()
    assert invitation.token_hash != link[2]
    assert abs(invitation.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    later = alice.get(reverse("events:invite", args=[event.pk])).content.decode()
    assert link[2] not in later
    assert Client().get(link[1]).status_code == 200


@pytest.mark.parametrize("days", ["", "0", "91", "x"])
def test_invalid_length_is_named_and_creates_no_link(event: Event, days: str) -> None:
    address = reverse("events:invite", args=[event.pk])
    page = browser_of(event.creator).post(address, {"days": days}).content.decode()
    assert "Please fix the following" in page
    assert not Invitation.objects.exists()


def test_invitation_shows_the_event_but_no_people(full_world: World) -> None:
    response = Client().get(link_to(full_world.event))
    page = response.content.decode()
    assert "garden party" in page
    assert "Under the old oak" in page
    for person in ("Alice Example", "Bob Example", "Charlie Example"):
        assert person not in page
    assert "/media/" not in page
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("how", ["expired", "revoked", "event over", "made up"])
def test_expired_or_revoked_link_is_404(event: Event, how: str) -> None:
    link = link_to(event, days=-1 if how == "expired" else 7)
    if how == "revoked":
        alice = browser_of(event.creator)
        form = {"invitation": Invitation.objects.get().pk}
        alice.post(reverse("events:revoke", args=[event.pk]), form)
    elif how == "event over":
        Event.objects.update(expires_at=timezone.now())
    elif how == "made up":
        link = reverse("events:invitation", args=["x" * 32])
    for query in ("", "?to=join"):
        assert Client().get(link + query).status_code == 404


def test_links_of_others_cannot_be_revoked(event: Event, make_user: Callable[..., User]) -> None:
    link_to(event)
    mallory = browser_of(make_user("mallory"))
    form = {"invitation": Invitation.objects.get().pk}
    assert mallory.post(reverse("events:revoke", args=[event.pk]), form).status_code == 404
    assert Invitation.objects.exists()


def test_unlisted_event_is_visible_after_following_the_link(
    unlisted: Event, make_user: Callable[..., User]
) -> None:
    bob, mallory = browser_of(make_user("bob", fakes.BOB)), browser_of(make_user("mallory"))
    detail = reverse("events:detail", args=[unlisted.pk])
    join = reverse("events:join", args=[unlisted.pk])
    for browser in (bob, mallory):
        for address in (detail, join, reverse("media:cover", args=[unlisted.pk])):
            assert browser.get(address).status_code == 404
        assert "garden party" not in browser.get(reverse("events:list")).content.decode()
    assert bob.get(link_to(unlisted) + "?to=join")["Location"] == join
    assert bob.get(join).status_code == 200
    assert bob.get(detail).status_code == 200
    assert "garden party" in bob.get(reverse("events:list")).content.decode()
    assert mallory.get(detail).status_code == 404


def test_opening_the_link_changes_nothing(unlisted: Event, make_user: Callable[..., User]) -> None:
    """A mail scanner that opens the link must not accept the invitation."""
    bob = browser_of(make_user("bob"))
    bob.get(link_to(unlisted))
    assert bob.get(reverse("events:join", args=[unlisted.pk])).status_code == 404


def test_link_revoked_before_sign_in_gives_no_access(
    unlisted: Event, make_user: Callable[..., User]
) -> None:
    visitor = Client()
    visitor.get(link_to(unlisted) + "?to=join")
    Invitation.objects.all().delete()
    visitor.force_login(make_user("bob"))
    assert visitor.get(reverse("events:join", args=[unlisted.pk])).status_code == 404


def test_new_visitor_is_led_to_sign_up_and_the_session_contains_no_token(unlisted: Event) -> None:
    visitor = Client()
    link = link_to(unlisted)
    answer = visitor.get(link + "?to=join")
    join = reverse("events:join", args=[unlisted.pk])
    assert answer["Location"] == f"{reverse('account_signup')}?next={join.replace('/', '%2F')}"
    known = visitor.get(link + "?to=sign-in")
    assert known["Location"].startswith(reverse("account_request_login_code"))
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in str(Session.objects.get().get_decoded())
