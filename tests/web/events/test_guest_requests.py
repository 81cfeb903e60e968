"""Guests ask the hosts whether they are in more photos, or for more time."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import fakes
from conftest import World, browser_of, text_of
from picprocure.accounts.models import User
from picprocure.accounts.personal_data import facts_about
from picprocure.events.errors import CannotAsk
from picprocure.events.guest_requests import ask
from picprocure.events.models import CoHost, Event, GuestRequest, Registration
from picprocure.pipeline import account_changes, changes
from picprocure.recognition.models import Match

pytestmark = pytest.mark.django_db

Kind = GuestRequest.Kind
MISSING, TIME = Kind.MISSING, Kind.TIME


def gallery(world: World) -> str:
    return reverse("galleries:gallery", args=[world.event.pk])


def sends(client: Client, world: World, kind: str, **sent: str) -> Any:
    address = reverse("galleries:ask", args=[world.event.pk])
    return client.post(address, {"kind": kind, **sent}, follow=True)


def text(answer: Any) -> str:
    return unescape(text_of(answer.content))


def registration_of(world: World, name: str) -> Registration:
    return world.event.registrations.get(user=world.others.get(name) or getattr(world, name))


def people(client: Client, world: World, show: str = "requests") -> str:
    address = reverse("events:people", args=[world.event.pk])
    return text(client.get(address, {"show": show}))


def answers(client: Client, world: World, asked: GuestRequest, **headers: str) -> Any:
    address = reverse("events:answer_requests", args=[world.event.pk, asked.registration_id])
    return client.post(address, {"request": asked.pk}, headers=headers)


class TestAsking:
    def test_guest_asks_and_reads_that_no_one_has_answered_yet(self, world: World) -> None:
        page = text(sends(world.client("bob"), world, MISSING, text=" By the \n lake <b> "))
        assert "You asked the hosts of the event." in page
        assert "No host has answered yet." in page
        assert GuestRequest.objects.get().text == "By the lake <b>"
        assert "By the lake <b>" in page
        assert b"<b>" not in world.client("bob").get(gallery(world)).content

    def test_guest_without_photos_can_ask_whether_they_are_missing(self, world: World) -> None:
        page = text(world.client("charlie").get(gallery(world)))
        assert "Am I missing somewhere?" in page
        assert "I need more time" not in page
        sends(world.client("charlie"), world, TIME)
        assert not GuestRequest.objects.exists()
        sends(world.client("charlie"), world, MISSING)
        assert GuestRequest.objects.get().registration.user == world.charlie

    def test_no_one_can_ask_before_photos_are_released(self, world: World) -> None:
        Event.objects.update(faces_expire_at=None)
        assert "Ask the hosts" not in text(world.client("bob").get(gallery(world)))
        assert "You can't ask for this now." in text(sends(world.client("bob"), world, MISSING))
        assert not GuestRequest.objects.exists()

    def test_one_request_of_each_kind_is_open(self, world: World) -> None:
        bob = world.client("bob")
        sends(bob, world, MISSING, text="first")
        assert "You have asked this already" in text(sends(bob, world, MISSING, text="second"))
        sends(bob, world, TIME)
        assert list(GuestRequest.objects.values_list("kind", "text")) == [
            (MISSING, "first"),
            (TIME, ""),
        ]

    def test_two_requests_at_the_same_moment_are_one(self, world: World) -> None:
        registration = registration_of(world, "bob")
        ask(registration=registration, kind=MISSING, text="")
        with pytest.raises(CannotAsk):
            ask(registration=registration, kind=MISSING, text="")
        assert GuestRequest.objects.count() == 1

    def test_long_text_is_refused_and_stays_in_the_form(self, world: World) -> None:
        answer = sends(world.client("bob"), world, MISSING, text="x" * 301)
        assert "x" * 301 in text(answer)
        assert "300" in text(answer)
        assert not GuestRequest.objects.exists()

    def test_line_breaks_count_as_one_character(self, world: World) -> None:
        """Browsers count them so, but send two."""
        typed = "\r\n".join("abcd" for _ in range(60))
        sends(world.client("bob"), world, MISSING, text=typed)
        assert GuestRequest.objects.get().text == typed.replace("\r\n", " ")

    def test_text_has_no_invisible_characters(self, world: World) -> None:
        """They could change the order in which hosts read the text, and its table."""
        sends(world.client("bob"), world, MISSING, text="by the\u202e ekal\u200b")
        assert GuestRequest.objects.get().text == "by the ekal"

    def test_page_of_a_refused_form_leads_to_the_gallery(self, world: World) -> None:
        """Its links to other pages, and a reload, go to the form's address."""
        address = reverse("galleries:ask", args=[world.event.pk])
        answer = world.client("bob").get(address, {"page": 2})
        assert answer["Location"] == f"{gallery(world)}?page=2"

    def test_number_of_requests_is_limited(self, world: World, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "ask_hosts": "1/h/user"}
        sends(world.client("bob"), world, TIME)
        answer = sends(world.client("bob"), world, MISSING, text="By the lake")
        assert answer.status_code == 429
        assert "By the lake" in text(answer)
        assert GuestRequest.objects.count() == 1

    def test_guest_takes_a_request_back(self, world: World) -> None:
        sends(world.client("bob"), world, MISSING)
        sends(world.client("charlie"), world, MISSING)
        sends(world.client("bob"), world, MISSING, take_back="yes")
        assert GuestRequest.objects.get().registration.user == world.charlie

    def test_request_for_time_can_be_taken_back_after_the_photos_ended(self, world: World) -> None:
        bob = world.client("bob")
        sends(bob, world, TIME)
        Match.objects.all().delete()
        assert "You asked on" in text(bob.get(gallery(world)))
        sends(bob, world, TIME, take_back="yes")
        assert "I need more time" not in text(bob.get(gallery(world)))

    def test_unknown_kind_is_refused(self, world: World) -> None:
        assert sends(world.client("bob"), world, "other").status_code == 200
        assert not GuestRequest.objects.exists()


class TestPeopleWhoWaitOrWereRefused:
    @pytest.mark.parametrize("persona", ["pending", "held", "blocked"])
    def test_they_read_the_same_as_a_guest_without_photos(
        self, full_world: World, persona: str
    ) -> None:
        def questions(name: str) -> str:
            sends(full_world.client(name), full_world, MISSING)
            page = text(full_world.client(name).get(gallery(full_world)))
            return re.sub(r"<[^>]*>", "", page.partition('id="questions"')[2])

        assert "No host has answered yet." in questions(persona)
        assert questions(persona) == questions("charlie")

    def test_hosts_see_no_request_of_a_person_they_refused(self, full_world: World) -> None:
        ask(registration=registration_of(full_world, "blocked"), kind=MISSING, text="Listen!")
        alice = full_world.client("alice")
        for show in ("", "requests", "declined"):
            assert "Listen!" not in people(alice, full_world, show)
        table = alice.get(reverse("events:people_csv", args=[full_world.event.pk]))
        assert "Listen!" not in table.content.decode()
        page = alice.get(reverse("events:detail", args=[full_world.event.pk]))
        assert "from your guests" not in text(page)
        ask(registration=registration_of(full_world, "pending"), kind=MISSING, text="Hello!")
        assert "Hello!" in people(alice, full_world)


class TestAnswering:
    @pytest.fixture
    def asked(self, world: World) -> GuestRequest:
        ask(registration=registration_of(world, "bob"), kind=MISSING, text="By the <lake>")
        return GuestRequest.objects.get()

    def test_hosts_see_the_request(self, world: World, asked: GuestRequest) -> None:
        alice = world.client("alice")
        page = people(alice, world)
        assert "<q>By the <lake></q>" in page
        assert "Bob Example" in page
        assert "Charlie Example" not in page
        assert asked.text in people(alice, world, "")
        event = text(alice.get(reverse("events:detail", args=[world.event.pk])))
        assert "1 request from your guests" in event
        table = alice.get(reverse("events:people_csv", args=[world.event.pk])).content.decode()
        assert '"Am I missing somewhere? By the <lake>"' in table

    def test_guest_reads_that_a_host_answered_and_may_ask_again(
        self, world: World, asked: GuestRequest
    ) -> None:
        assert answers(world.client("alice"), world, asked).status_code == 302
        asked.refresh_from_db()
        assert asked.answered_by == world.alice
        bob = world.client("bob")
        assert "A host answered on" in text(bob.get(gallery(world)))
        assert asked.text not in people(world.client("alice"), world, "")
        sends(bob, world, MISSING, text="Once more")
        (again,) = GuestRequest.objects.all()
        assert again.answered_at is None
        assert again.text == "Once more"

    def test_page_of_before_does_not_answer_a_new_request(
        self, world: World, asked: GuestRequest
    ) -> None:
        bob = world.client("bob")
        sends(bob, world, MISSING, take_back="yes")
        sends(bob, world, MISSING, text="Something else")
        answers(world.client("alice"), world, asked)
        assert GuestRequest.objects.get().answered_at is None

    def test_card_replaces_itself(self, world: World, asked: GuestRequest) -> None:
        answer = text(answers(world.client("alice"), world, asked, HX_Request="true"))
        assert answer.lstrip().startswith("<li") or "<li" in answer
        assert "The request of Bob Example is answered." in answer
        assert "By the" not in answer
        assert 'href="?show=requests"' not in answer  # there are no more

    def test_request_of_another_person_is_not_answered(
        self, world: World, asked: GuestRequest
    ) -> None:
        charlie = registration_of(world, "charlie")
        address = reverse("events:answer_requests", args=[world.event.pk, charlie.pk])
        world.client("alice").post(address, {"request": asked.pk})
        asked.refresh_from_db()
        assert asked.answered_at is None

    def test_co_host_answers_too(self, world: World, asked: GuestRequest, make_user: Any) -> None:
        dora: User = make_user("dora", fakes.DORA)
        CoHost.objects.create(event=world.event, user=dora)
        answers(browser_of(dora), world, asked)
        asked.refresh_from_db()
        assert asked.answered_by == dora
        account_changes.delete_account(dora)
        asked.refresh_from_db()
        assert asked.answered_by is None


class TestDeletion:
    def test_request_is_in_the_download_of_my_data(self, world: World) -> None:
        sends(world.client("bob"), world, MISSING, text="By the lake")
        (request,) = facts_about(world.bob)["requests_to_hosts"]
        assert request["text"] == "By the lake"

    def test_request_ends_with_the_registration(self, world: World) -> None:
        sends(world.client("bob"), world, MISSING)
        changes.leave_event(event=world.event, user=world.bob)
        assert not GuestRequest.objects.exists()
