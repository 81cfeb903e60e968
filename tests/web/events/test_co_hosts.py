"""Who runs an event together with its creator, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, take_part
from picprocure.accounts.consent import NAMES_CO_HOSTS
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, Event, EventConsent, Registration
from picprocure.pipeline import changes
from picprocure.pipeline.notices import announce
from picprocure.recognition.admission import admit_by_itself

pytestmark = pytest.mark.django_db(transaction=True)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(event: Event, username: str) -> str:
    page = reverse("events:co_hosts", args=[event.pk])
    answer = browser_of(event.creator).post(page, {"username": username}, follow=True)
    return answer.content.decode()


@pytest.fixture
def dora(world: World, make_user: Callable[..., User]) -> User:
    """Hosts Alice's event with her."""
    user = make_user("dora", fakes.DORA)
    add(world.event, "Dora")
    return user


def sees_the_photo(user: User, world: World) -> bool:
    page = reverse("media:photo", args=[world.strangers_photo.pk, "original"])
    return browser_of(user).get(page).status_code == 200


def sees_the_face(user: User, of: User) -> bool:
    page = reverse("media:reference", args=[of.references.get().pk])
    return browser_of(user).get(page).status_code == 200


def test_a_co_host_runs_the_event(world: World, dora: User) -> None:
    assert sees_the_photo(dora, world)
    assert sees_the_face(dora, world.bob)
    client = browser_of(dora)
    assert world.event.name in unescape(client.get(reverse("events:mine")).content.decode())
    page = client.get(reverse("events:detail", args=[world.event.pk])).content.decode()
    assert "You host this event with Alice Example." in page
    assert "Stop hosting" in page
    assert "Delete this event" not in page
    refused = reverse("events:refuse", args=[world.event.pk, world.bob.registrations.get().pk])
    assert client.post(refused).status_code == 302
    assert world.bob.registrations.get().status == Registration.Status.BLOCKED


def test_an_event_that_isn_t_listed_is_found_by_its_co_host(world: World, dora: User) -> None:
    Event.objects.update(is_listed=False)
    page = reverse("events:detail", args=[world.event.pk])
    assert browser_of(dora).get(page).status_code == 200
    assert browser_of(world.mallory).get(page).status_code == 404


def test_only_the_creator_deletes_it_and_chooses_who_hosts(world: World, dora: User) -> None:
    client = browser_of(dora)
    for name in ("delete", "co_hosts", "remove_co_host"):
        page = reverse(f"events:{name}", args=[world.event.pk])
        assert client.post(page, {"username": "mallory", "user": dora.pk}).status_code == 404
    assert Event.objects.exists()
    assert [row.user for row in CoHost.objects.all()] == [dora]


@pytest.mark.parametrize("end", ["removed", "stopped", "switched off"])
def test_it_ends_at_once(world: World, dora: User, end: str) -> None:
    if end == "removed":
        page = reverse("events:remove_co_host", args=[world.event.pk])
        browser_of(world.alice).post(page, {"user": dora.pk})
    elif end == "stopped":
        browser_of(dora).post(reverse("events:stop_hosting", args=[world.event.pk]))
    else:
        User.objects.filter(pk=dora.pk).update(is_active=False)
    assert not sees_the_photo(dora, world)
    assert not sees_the_face(dora, world.bob)
    people = browser_of(dora).get(reverse("events:people", args=[world.event.pk]))
    assert people.status_code in {302, 404}


def test_they_see_no_face_of_who_agreed_before_there_were_co_hosts(
    world: World, dora: User
) -> None:
    EventConsent.objects.filter(registration__user=world.bob).update(version="event-2026-12")
    assert "event-2026-12" not in NAMES_CO_HOSTS
    assert not sees_the_face(dora, world.bob)
    assert sees_the_face(world.alice, world.bob)
    assert sees_the_face(dora, world.charlie)
    people = reverse("events:people", args=[world.event.pk])
    assert str(world.bob.references.get().pk) not in browser_of(dora).get(people).content.decode()


def test_a_co_host_is_told_once(world: World, dora: User) -> None:
    add(world.event, "dora")
    for _ in range(2):
        announce(world.event.pk)
    told = [message for message in mail.outbox if message.to == [dora.email]]
    assert [message.subject for message in told] == ["You host an event"]
    assert "Alice Example made you a co-host of “Alice's garden party”" in str(told[0].body)


@pytest.mark.parametrize(
    ("username", "says"),
    [
        ("nobody-here", "Nobody here has the username “nobody-here”"),
        ("alice", "You host this event yourself"),
        ("", "This field is required"),
    ],
)
def test_who_can_be_none(world: World, username: str, says: str) -> None:
    assert says in add(world.event, username)
    assert not CoHost.objects.exists()


def test_hosting_is_not_taking_part(world: World, dora: User) -> None:
    """A co-host has a gallery only once they registered, and is admitted like anybody."""
    gallery = reverse("galleries:gallery", args=[world.event.pk])
    assert browser_of(dora).get(gallery).status_code == 404
    Event.objects.update(latecomers=True)
    world.event.refresh_from_db()
    take_part(dora, world.event)
    assert browser_of(dora).get(gallery).status_code == 200
    changes.delete_account(dora)
    assert not CoHost.objects.exists()


def test_they_see_no_face_of_who_took_the_consent_back(world: World, dora: User) -> None:
    EventConsent.objects.filter(registration__user=world.bob).update(withdrawn_at=timezone.now())
    assert not sees_the_face(dora, world.bob)
    assert sees_the_face(dora, world.charlie)


def test_they_decide_about_no_face_that_they_do_not_see(full_world: World) -> None:
    """Held came with Bob's face, who agreed to the creator's eyes alone."""
    world, held = full_world, full_world.others["held"]
    EventConsent.objects.filter(registration__user=world.bob).update(version="event-2026-12")
    registration = held.registrations.get()
    page = reverse("events:dismiss", args=[world.event.pk, registration.pk])
    shown = {"collision": registration.collisions.get().pk, "reference": held.references.get().pk}
    assert world.client("co_host").post(page, shown).status_code == 404
    assert registration.collisions.get().dismissed_at is None
    assert world.client("alice").post(page, shown).status_code == 302
    assert registration.collisions.get().dismissed_at is not None


def test_who_was_just_refused_is_not_admitted_by_itself(world: World) -> None:
    """Whatever the process that admits them read before."""
    Event.objects.update(approval=False)
    before = world.bob.registrations.select_related("event", "user").get()
    changes.refuse(world.bob.registrations.get())
    assert before.status == Registration.Status.ADMITTED
    assert not admit_by_itself(before)
    assert world.bob.registrations.get().status == Registration.Status.BLOCKED


@pytest.mark.parametrize("route", ["admit", "dismiss"])
def test_a_page_from_before_admits_nobody_whom_another_host_refused(
    world: World, dora: User, route: str
) -> None:
    registration = world.bob.registrations.get()
    changes.refuse(registration)
    shown = {"registration": registration.pk, "reference": world.bob.references.get().pk}
    arguments = [world.event.pk, *([registration.pk] if route == "dismiss" else [])]
    page = reverse(f"events:{route}", args=arguments)
    assert browser_of(dora).post(page, shown).status_code in {302, 404}
    registration.refresh_from_db()
    assert registration.status == Registration.Status.BLOCKED
    assert not registration.reference_admissions.exists()
    meant = {**shown, "though_refused": "yes"}
    browser_of(dora).post(reverse("events:admit", args=[world.event.pk]), meant)
    registration.refresh_from_db()
    assert registration.status == Registration.Status.ADMITTED
