from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events import services
from picprocure.events.models import Event, EventConsent, Registration
from picprocure.galleries.access import photos_visible_to
from picprocure.pipeline import changes
from snapshots import stored_objects

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def new_event(client: Client, **changes: object) -> Event:
    form = {
        "name": "Picnic",
        "description": "By the lake",
        "is_listed": "on",
        "availability_days": 2,
        **changes,
    }
    client.post(reverse("events:create"), form)
    return Event.objects.get(name="Picnic")


@pytest.fixture
def alice(client: Client, make_user: Callable[..., User]) -> Client:
    client.force_login(make_user("alice", fakes.ALICE))
    return client


def test_registration_is_open_for_two_hours_by_default(alice: Client) -> None:
    page = alice.get(reverse("events:create")).content.decode()
    assert "In 2 hours" in page
    event = new_event(alice)
    length = event.registration_closes_at - event.created_at
    assert abs(length - timedelta(hours=2)) < timedelta(seconds=5)


def test_a_name_is_enough_and_the_event_is_found_by_invitation_only(alice: Client) -> None:
    alice.post(reverse("events:create"), {"name": "Picnic", "requires_approval": "on"})
    event = Event.objects.get()
    assert not event.is_listed
    assert event.availability == timedelta(days=14)
    assert event.release == Event.Release.AT_CLOSE
    page = alice.get(reverse("events:create")).content.decode()
    for offered in ("2 days", "2 weeks", "30 days", "90 days"):
        assert offered in page


def test_creator_can_choose_when_registration_closes(alice: Client) -> None:
    day = (timezone.now() + timedelta(days=30)).date()
    event = new_event(alice, closes="at", closes_on=f"{day}T20:15", time_zone="Asia/Tokyo")
    local = event.registration_closes_at.astimezone(event.zone)
    assert (local.date(), local.hour, local.minute) == (day, 20, 15)


def test_event_has_no_liveness_check_by_default(alice: Client) -> None:
    assert new_event(alice).liveness_check == Event.LivenessCheck.OFF


def test_cover_is_stored_as_a_clean_jpeg(alice: Client) -> None:
    cover = SimpleUploadedFile("cover.png", fakes.stripes(fakes.BOB), "image/png")
    event = new_event(alice, cover=cover)
    assert storages["photos"].open(event.cover_key).read(3) == b"\xff\xd8\xff"
    response = alice.get(reverse("media:cover", args=[event.pk]))
    assert response["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("content", [b"no picture at all", b""])
def test_unusable_cover_is_named_and_creates_no_event(alice: Client, content: bytes) -> None:
    cover = SimpleUploadedFile("cover.jpg", content, "image/jpeg")
    form = {"name": "Picnic", "availability_days": 2, "cover": cover}
    page = alice.post(reverse("events:create"), form).content.decode()
    assert "cover.jpg" in page
    assert not Event.objects.exists()


def test_operator_can_allow_only_staff_to_create_events(alice: Client, settings: object) -> None:
    settings.EVENT_CREATORS = "staff"  # type: ignore[attr-defined]
    assert alice.get(reverse("events:create")).status_code == 403
    User.objects.update(is_staff=True)
    assert alice.get(reverse("events:create")).status_code == 200


def test_register_and_leave(event: Event, make_user: Callable[..., User], client: Client) -> None:
    bob = make_user("bob", fakes.BOB)
    client.force_login(bob)
    for _ in range(2):
        client.post(reverse("events:join", args=[event.pk]), {"event_consent": "on"})
    assert Registration.objects.filter(event=event, user=bob).count() == 1
    assert event.name in client.get(reverse("events:registrations")).context["events"][0].name
    client.post(reverse("events:leave", args=[event.pk]))
    assert not Registration.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="has one transaction at a time")
def test_simultaneous_clicks_register_once(
    event: Event, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = make_user("bob", fakes.BOB)
    both_are_here = threading.Barrier(2)

    def confirmed(_user: User) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_are_here.wait(timeout=1)
        return True

    def register(_tap: int) -> None:
        try:
            changes.join_event(user=bob, event=event, consent=EVENT_CONSENT)
        finally:
            connection.close()

    monkeypatch.setattr(services, "has_confirmed_email", confirmed)
    with ThreadPoolExecutor(2) as taps:
        list(taps.map(register, range(2)))
    assert Registration.objects.filter(user=bob).count() == 1


def test_registration_requires_consent(
    event: Event, make_user: Callable[..., User], client: Client
) -> None:
    client.force_login(make_user("bob", fakes.BOB))
    address = reverse("events:join", args=[event.pk])
    page = client.get(address).content.decode()
    assert "checked" not in page
    assert EVENT_CONSENT.agreement in page
    assert "Nothing was saved" in client.post(address).content.decode()
    assert not Registration.objects.exists()


def test_consent_to_an_event_is_stored_with_its_text(
    event: Event, make_user: Callable[..., User], client: Client
) -> None:
    client.force_login(make_user("bob", fakes.BOB))
    client.post(reverse("events:join", args=[event.pk]), {"event_consent": "on"})
    consent = EventConsent.objects.get()
    assert consent.version == EVENT_CONSENT.version
    assert consent.text == EVENT_CONSENT.full_text
    assert abs(consent.given_at - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "re registered. Alice Example will approve you, then your photos appear here."),
        ({"requires_approval": False}, "re registered.</div>"),
        (
            {
                "requires_approval": False,
                "allows_late_registration": True,
                "registration_closes_at": LONG_AGO,
            },
            "re registered. Alice Example will approve you, then your photos appear here.",
        ),
    ],
)
def test_registered_person_sees_whether_approval_is_needed(
    event: Event,
    make_user: Callable[..., User],
    client: Client,
    changes: dict[str, Any],
    message: str,
) -> None:
    Event.objects.update(**changes)
    client.force_login(make_user("bob", fakes.BOB))
    joined = {"event_consent": "on"}
    page = client.post(reverse("events:join", args=[event.pk]), joined, follow=True)
    assert message in page.content.decode()


def test_person_can_register_without_face_recognition(
    event: Event, make_user: Callable[..., User], client: Client
) -> None:
    client.force_login(make_user("faceless"))
    page = client.post(reverse("events:register_without_face", args=[event.pk]), follow=True)
    assert "re registered without face recognition." in page.content.decode()
    assert not EventConsent.objects.exists()


def test_anonymous_visitor_learns_nothing_from_the_join_page(event: Event, client: Client) -> None:
    for event_id in (event.pk, uuid.uuid4()):
        address = reverse("events:join", args=[event_id])
        assert client.get(address)["Location"] == (
            f"{reverse('account_signup')}?{urlencode({'next': address})}"
        )


def test_registration_requires_a_confirmed_address(
    event: Event, make_user: Callable[..., User], client: Client
) -> None:
    """The first protection, however the person signed in."""
    bob = make_user("bob", fakes.BOB)
    bob.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    client.force_login(bob)
    page = client.post(
        reverse("events:join", args=[event.pk]), {"event_consent": "on"}, follow=True
    )
    assert "Confirm your e-mail address first" in page.content.decode()
    assert not Registration.objects.exists()


def test_registration_is_refused_after_the_close(
    event: Event, make_user: Callable[..., User], client: Client
) -> None:
    Event.objects.update(registration_closes_at=timezone.now() - timedelta(seconds=1))
    client.force_login(make_user("late", fakes.BOB))
    page = client.post(
        reverse("events:join", args=[event.pk]), {"event_consent": "on"}, follow=True
    )
    assert "has closed" in page.content.decode()
    assert not Registration.objects.exists()


def test_creator_can_close_registration_early(event: Event, client: Client) -> None:
    client.force_login(event.creator)
    client.post(reverse("events:close", args=[event.pk]))
    event.refresh_from_db()
    assert not event.registration_is_open


def test_removed_person_sees_no_photos(world: World) -> None:
    registration = world.bob.registrations.get()
    world.client("alice").post(reverse("events:refuse", args=[world.event.pk, registration.pk]))
    assert not photos_visible_to(world.bob, world.event).exists()
    page = world.client("bob").get(reverse("galleries:gallery", args=[world.event.pk]))
    assert "No photos of you yet" in page.content.decode()


def test_registration_is_removed_only_through_its_own_event(
    world: World, make_user: Callable[..., User]
) -> None:
    other = make_user("other", fakes.ALICE)
    theirs = Client()
    theirs.force_login(other)
    new_event(theirs)
    mine = Event.objects.get(name="Picnic")
    registration = world.bob.registrations.get()
    answer = theirs.post(reverse("events:refuse", args=[mine.pk, registration.pk]))
    assert answer.status_code == 404
    assert Registration.objects.filter(pk=registration.pk).exists()


def test_people_page_shows_registered_people_with_their_photos(world: World) -> None:
    page = world.client("alice").get(reverse("events:people", args=[world.event.pk]))
    content = page.content.decode()
    assert "Bob Example" in content
    assert "Charlie Example" in content
    assert reverse("media:reference", args=[world.bob.references.get().pk]) in content


@pytest.mark.parametrize("persona", ["bob", "charlie", "mallory"])
def test_only_the_creator_sees_who_registered(world: World, persona: str) -> None:
    for route in ("events:detail", "events:progress", "galleries:gallery"):
        page = world.client(persona).get(reverse(route, args=[world.event.pk]))
        others = {"Bob Example", "Charlie Example"} - {f"{persona.title()} Example"}
        assert not any(name in page.content.decode() for name in others)


def test_deleted_event_leaves_no_rows_and_objects(world: World) -> None:
    world.client("alice").post(reverse("events:delete", args=[world.event.pk]))
    assert not Event.objects.exists()
    assert not [key for key in stored_objects() if key.startswith("events/")]
