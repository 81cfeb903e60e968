"""Actions that can't easily be undone need a confirmation, and end on an existing page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import World
from picprocure.accounts.models import User
from picprocure.events.invitations import create_invitation
from picprocure.events.models import CoHost, Event, EventConsent, Invitation, Registration

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leaving(world: World) -> str:
    return reverse("events:leave", args=[world.event.pk])


def is_registered(world: World) -> bool:
    return Registration.objects.filter(event=world.event, user=world.bob).exists()


def test_leaving_needs_confirmation_and_lists_losses(world: World, leaving: str) -> None:
    bob = world.client("bob")
    detail = bob.get(reverse("events:detail", args=[world.event.pk])).content.decode()
    assert f'method="get" action="{leaving}"' in detail
    page = bob.get(leaving).content.decode()
    assert "You lose:" in page
    assert "Your access to 2 photos" in page
    assert "approved with a photo of your face, the event keeps the first one" in page
    assert "Registration has closed. If you leave, you can&#x27;t come back." in page
    assert is_registered(world)
    answer = bob.post(leaving, follow=True)
    assert answer.status_code == 200
    assert (
        "You left the event. Its photos are no longer in your account." in answer.content.decode()
    )
    assert not is_registered(world)


@pytest.mark.parametrize("is_open", [True, False])
def test_leaving_an_unlisted_event_leads_to_an_existing_page(
    world: World, leaving: str, is_open: bool
) -> None:
    closes_at = timezone.now() + timedelta(hours=1 if is_open else -1)
    Event.objects.update(is_listed=False, registration_closes_at=closes_at)
    bob = world.client("bob")
    answer = bob.post(leaving, follow=True)
    assert answer.status_code == 200
    ends_on = "events:detail" if is_open else "events:list"
    assert answer.redirect_chain[-1][0] == (
        reverse(ends_on, args=[world.event.pk] if is_open else [])
    )
    if is_open:
        assert "until registration closes" not in answer.content.decode()
        bob.post(reverse("events:join", args=[world.event.pk]), {"event_consent": "on"})


@pytest.mark.parametrize("requires_approval", [True, False])
def test_leaving_says_whether_a_host_has_to_approve_the_next_registration(
    world: World, leaving: str, requires_approval: bool
) -> None:
    closes_at = timezone.now() + timedelta(hours=1)
    Event.objects.update(requires_approval=requires_approval, registration_closes_at=closes_at)
    page = world.client("bob").get(leaving).content.decode()
    assert "You can register again until registration closes." in page
    assert ("then has to approve you" in page) == requires_approval


def test_page_about_leaving_is_the_same_for_people_who_wait_or_were_declined(
    world: World, leaving: str
) -> None:
    pages = set()
    registrations = Registration.objects.filter(event=world.event, user=world.charlie)
    for status in Registration.Status:
        registrations.update(status=status)
        page = world.client("charlie").get(leaving).content.decode()
        pages.add(page.split("<main")[1].split("csrfmiddlewaretoken")[0])
    assert len(pages) == 1


def test_second_click_on_leave_leads_there_too(world: World, leaving: str) -> None:
    Event.objects.update(is_listed=False)
    bob = world.client("bob")
    bob.post(leaving)
    for ask in (bob.post, bob.get):
        assert ask(leaving)["Location"] == reverse("events:list")
    assert world.client("mallory").post(leaving).status_code == 404


def test_person_who_returns_can_leave_again(world: World, leaving: str) -> None:
    Event.objects.update(registration_closes_at=timezone.now() + timedelta(hours=1))
    bob = world.client("bob")
    assert "You can register again" in bob.get(leaving).content.decode()
    bob.post(leaving)
    Registration.objects.create(event=world.event, user=world.bob, status="admitted")
    assert bob.get(leaving).status_code == 200
    bob.post(leaving)
    assert not is_registered(world)


def test_leaving_without_face_recognition_mentions_no_face_photo(
    world: World, leaving: str
) -> None:
    EventConsent.objects.filter(registration__user=world.bob).delete()
    assert "photo of your face" not in world.client("bob").get(leaving).content.decode()


@pytest.mark.parametrize(("status", "verb"), [("admitted", "Remove"), ("pending", "Decline")])
def test_confirmation_uses_the_verb_for_the_person(world: World, status: str, verb: str) -> None:
    Registration.objects.filter(user=world.bob).update(status=status)
    registration = world.bob.registrations.get()
    alice = world.client("alice")
    address = reverse("events:refuse", args=[world.event.pk, registration.pk])
    page = alice.get(address).content.decode()
    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert re.sub("</?bdi>", "", heading).strip() == f"{verb} {world.bob.name}"
    answer = alice.post(address, follow=True).content.decode()
    assert f"{world.bob.name} was {verb.lower()}d" in answer


@pytest.mark.parametrize("name", ["charlie", "mallory", "bob"])
def test_button_names_the_co_host_to_remove(world: World, name: str) -> None:
    user = User.objects.get(email=f"{name}@example.org")
    CoHost.objects.create(event=world.event, user=user)
    address = reverse("events:remove_co_host", args=[world.event.pk])
    alice = world.client("alice")
    page = alice.get(address, {"user": user.pk}).content.decode()
    assert f'type="submit">Remove {user.name}</button>' in page
    assert "This deletes" not in page
    assert CoHost.objects.exists()


@pytest.mark.parametrize("asked", ["", "0", "x", "9" * 30])
def test_person_who_is_no_co_host_is_not_named(world: World, asked: str) -> None:
    address = reverse("events:remove_co_host", args=[world.event.pk])
    answer = world.client("alice").get(address, {"user": asked or world.bob.pk})
    assert answer["Location"] == reverse("events:co_hosts", args=[world.event.pk])


def a_link(world: World) -> tuple[Client, str, str]:
    create_invitation(event=world.event, valid_for=timedelta(days=1))
    return world.client("alice"), "events:invite", "events:revoke"


def a_co_host(world: World) -> tuple[Client, str, str]:
    CoHost.objects.create(event=world.event, user=world.charlie)
    return world.client("alice"), "events:co_hosts", "events:remove_co_host"


def hosting(world: World) -> tuple[Client, str, str]:
    CoHost.objects.create(event=world.event, user=world.charlie)
    return world.client("charlie"), "events:detail", "events:stop_hosting"


@pytest.mark.parametrize("what", [a_link, a_co_host, hosting])
def test_button_leads_to_a_confirmation_that_acts(
    world: World, what: Callable[[World], tuple[Client, str, str]]
) -> None:
    client, where, deed = what(world)
    page = client.get(reverse(where, args=[world.event.pk])).content.decode()
    address = reverse(deed, args=[world.event.pk])
    assert f'action="{address}"' not in page
    found = re.search(rf'href="({address}[^"]*)"', page)
    assert found
    question = client.get(found[1]).content.decode()
    assert CoHost.objects.exists() or Invitation.objects.exists()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w*)"', question))
    assert client.post(address, hidden, follow=True).status_code == 200
    assert not CoHost.objects.exists()
    assert not Invitation.objects.exists()


def test_every_red_button_has_a_confirmation(world: World) -> None:
    """A page with a red button that sends a form has no other purpose."""
    create_invitation(event=world.event, valid_for=timedelta(days=1))
    CoHost.objects.create(event=world.event, user=world.charlie)
    alice = world.client("alice")
    event = [world.event.pk]
    shown = [reverse(f"events:{name}", args=event) for name in ("detail", "invite", "co_hosts")]
    shown += [reverse(f"events:{name}", args=event) for name in ("people", "photos", "edit")]
    shown += [reverse("accounts:profile"), reverse("enrollment:references"), reverse("mfa_index")]
    for page in shown:
        content = alice.get(page).content.decode()
        assert not re.search(r"<button[^>]*btn-(text-)?danger", content), page
