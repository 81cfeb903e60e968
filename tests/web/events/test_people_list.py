"""The list of an event's people: filters, search, order, and decisions on a card."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    browser_of,
    compare_newcomers,
    names_for,
    new_user,
    reference_photo,
    take_part,
    text_of,
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, Event, Registration
from picprocure.events.services import close_registration
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision
from picprocure.recognition.references import store_reference
from picprocure.retention.erasure import erase_account
from picprocure.web.events.people_list import ADMITTED, REFUSED, WAITING, Choice, Person

Status = Registration.Status
NOW = timezone.now()
PEOPLE = [
    Person(1, ADMITTED, True, "Zoë Straße", NOW),
    Person(2, WAITING, False, "Ana María Ñandú", NOW + timedelta(hours=1)),
    Person(3, ADMITTED, False, "محمد الطيب", NOW + timedelta(hours=2)),
    Person(4, REFUSED, False, "Bob Smith-Jones", NOW + timedelta(hours=3)),
]


def shown(**query: str) -> list[int]:
    return [person.pk for person in Choice.from_query(query).people_among(PEOPLE)]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({}, [2, 1, 3, 4]),
        ({"show": "waiting"}, [2]),
        ({"show": "approved"}, [1, 3]),
        ({"show": "no-photos"}, [3]),
        ({"show": "declined"}, [4]),
        ({"show": "check"}, []),
        ({"show": "nonsense", "sort": "nonsense"}, [2, 1, 3, 4]),
        ({"show": "approved", "sort": "newest"}, [3, 1]),
        ({"show": "approved", "sort": "name"}, [1, 3]),
    ],
)
def test_people_are_filtered_and_ordered(query: dict[str, str], keys: list[int]) -> None:
    assert shown(**query) == keys


@pytest.mark.parametrize(
    ("search", "keys"),
    [
        ("zoe", [1]),
        ("STRASSE", [1]),
        ("  nandu   maria ", [2]),
        ("الطيب", [3]),
        ("jones", [4]),
        ("bob maria", []),
        ("x" * 500, []),
    ],
)
def test_search_ignores_case_accents_and_order_of_words(search: str, keys: list[int]) -> None:
    assert shown(q=search) == keys


def people_address(event: Event) -> str:
    return reverse("events:people", args=[event.pk])


@pytest.fixture
def host(event: Event) -> Client:
    return browser_of(event.creator)


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", fakes.BOB)


@pytest.fixture
def waiting(event: Event, bob: User) -> Registration:
    registration = take_part(bob, event)
    Registration.objects.filter(pk=registration.pk).update(status=Status.PENDING)
    registration.refresh_from_db()
    return registration


def decide(host: Client, name: str, registration: Registration, **sent: Any) -> str:
    """Return the card that the page's script gets."""
    is_for_one = name != "admit"
    key = [registration.pk] if is_for_one else []
    address = reverse(f"events:{name}", args=[registration.event_id, *key])
    sent.setdefault("registration", registration.pk)
    answer = host.post(f"{address}?show=waiting", sent, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    registration.refresh_from_db()
    return text_of(answer.content)


@pytest.mark.django_db
class TestDecisionsOnACard:
    def test_approval_answers_with_the_card_and_the_counts(
        self, host: Client, waiting: Registration
    ) -> None:
        reference = waiting.user.references.get().pk
        card = decide(host, "admit", waiting, reference=reference)
        assert waiting.status == Status.ADMITTED
        assert waiting.reference_admissions.filter(reference=reference).exists()
        assert "Bob Example is approved." in card
        assert "Remove …" in card
        assert re.search(r"Waiting <span[^>]*>0<", card)
        assert re.search(r"Approved <span[^>]*>1<", card)
        assert (
            "Bob Example is approved."
            not in host.get(people_address(waiting.event)).content.decode()
        )

    def test_decline_can_be_undone(self, host: Client, waiting: Registration) -> None:
        card = decide(host, "refuse", waiting)
        assert waiting.status == Status.BLOCKED
        assert "Undo" in card
        assert waiting.user.references.get().pk.hex not in card.replace("-", "")
        card = decide(host, "reconsider", waiting)
        assert waiting.status == Status.PENDING
        assert "Bob Example is waiting again." in card
        assert "data-waits" in card

    def test_undo_brings_no_photos_without_an_approval(
        self, host: Client, waiting: Registration
    ) -> None:
        decide(host, "refuse", waiting)
        decide(host, "reconsider", waiting)
        close_registration(event=waiting.event)
        upload(waiting.event, fakes.stripes(fakes.BOB), "bob.png")
        work_off()
        assert names_for(waiting.user, waiting.event) == []

    def test_undo_changes_nothing_for_people_who_were_not_declined(
        self, host: Client, waiting: Registration
    ) -> None:
        decide(host, "admit", waiting)
        decide(host, "reconsider", waiting)
        assert waiting.status == Status.ADMITTED

    def test_answer_says_that_a_photo_was_not_approved(
        self, host: Client, waiting: Registration, event: Event, second: User
    ) -> None:
        """The host saw no photo of them, or the page was older than a comparison."""
        decide(host, "refuse", waiting)
        card = decide(host, "admit", waiting, though_refused="yes")
        assert "Bob Example has a new photo, which is waiting for approval." in card
        card = decide(host, "admit", join(second, event), reference=second.references.get().pk)
        assert "Second Example has a photo that needs a check first." in card

    def test_person_who_left_since_then_is_not_there(
        self, host: Client, waiting: Registration
    ) -> None:
        changes.leave_event(event=waiting.event, user=waiting.user)
        for name, key in (("admit", []), ("refuse", [waiting.pk]), ("reconsider", [waiting.pk])):
            address = reverse(f"events:{name}", args=[waiting.event_id, *key])
            answer = host.post(address, {"registration": waiting.pk}, HTTP_HX_REQUEST="true")
            assert answer.status_code == 404

    def test_person_who_was_approved_since_then_is_not_removed_at_once(
        self, host: Client, waiting: Registration
    ) -> None:
        """The page is old: another host approved them, and they have photos."""
        decide(host, "admit", waiting, reference=waiting.user.references.get().pk)
        address = reverse("events:refuse", args=[waiting.event_id, waiting.pk])
        answer = host.post(address, {"at_once": "yes"}, HTTP_HX_REQUEST="true")
        assert answer["HX-Redirect"] == address
        waiting.refresh_from_db()
        assert waiting.status == Status.ADMITTED

    def test_person_who_was_declined_since_then_is_not_approved(
        self, host: Client, waiting: Registration
    ) -> None:
        decide(host, "refuse", waiting)
        card = decide(host, "admit", waiting)
        assert waiting.status == Status.BLOCKED
        assert "Bob Example is declined." in card


@pytest.mark.django_db
class TestWithoutScript:
    @pytest.mark.parametrize("name", ["refuse", "reconsider"])
    def test_decisions_return_to_the_same_place(
        self, host: Client, waiting: Registration, name: str
    ) -> None:
        address = reverse(f"events:{name}", args=[waiting.event_id, waiting.pk])
        place = "?show=waiting&sort=name&q=bob&page=3"
        answer = host.post(f"{address}{place}&next=//evil.example")
        assert answer["Location"] == people_address(waiting.event) + place

    def test_only_ticked_people_are_approved(
        self, event: Event, host: Client, waiting: Registration
    ) -> None:
        charlie = take_part(new_user("charlie", fakes.CHARLIE), event)
        Registration.objects.update(status=Status.PENDING)
        host.post(
            reverse("events:admit", args=[event.pk]),
            {"registration": charlie.pk, "shown": [waiting.pk, charlie.pk]},
        )
        assert list(event.registrations.filter(status=Status.ADMITTED)) == [charlie]

    def test_without_a_tick_no_one_is_declined(self, host: Client, waiting: Registration) -> None:
        address = reverse("events:refuse_all", args=[waiting.event_id])
        page = host.post(address, {"shown": waiting.pk, "sure": "yes"}, follow=True)
        assert "You selected no one." in page.content.decode()
        waiting.refresh_from_db()
        assert waiting.status == Status.PENDING


def join(user: User, event: Event) -> Registration:
    """Register a person, who waits for approval, and compare their face."""
    registration = changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
    compare_newcomers()
    return registration


@pytest.fixture
def second(make_user: Callable[..., User]) -> User:
    """Return another account with Bob's face."""
    return make_user("second", fakes.BOB)


@pytest.mark.django_db
class TestLookAlikes:
    @pytest.fixture
    def pair(self, event: Event, bob: User, second: User) -> tuple[Registration, Registration]:
        rows = take_part(bob, event), take_part(second, event)
        compare_newcomers()
        assert [row.newcomer for row in Collision.objects.open()] == [second]
        return rows

    @pytest.mark.parametrize("kept", [0, 1], ids=["the earlier one", "the later one"])
    def test_host_keeps_one_of_two_registrations_of_a_person(
        self, event: Event, host: Client, pair: tuple[Registration, Registration], kept: int
    ) -> None:
        address = reverse("events:same_person", args=[event.pk, pair[1].pk])
        page = host.get(address).content.decode()
        declined = reverse("events:refuse", args=[event.pk, pair[1 - kept].pk])
        assert f'action="{declined}"' in page
        host.post(declined)
        close_registration(event=event)
        upload(event, fakes.stripes(fakes.BOB), "bob.png")
        work_off()
        assert names_for(pair[kept].user, event) == ["bob.png"]
        assert names_for(pair[1 - kept].user, event) == []

    def test_late_answer_does_not_decline_both(
        self, event: Event, host: Client, pair: tuple[Registration, Registration]
    ) -> None:
        """Two hosts read the same page, and each keeps another registration."""
        for kept, declined in (pair, pair[::-1]):
            address = reverse("events:refuse", args=[event.pk, declined.pk])
            page = host.post(address, {"keep": kept.pk}, follow=True).content.decode()
        assert "The other registration has already ended or been declined." in page
        assert list(event.registrations.filter(status=Status.BLOCKED)) == [pair[1]]

    def test_earlier_one_is_not_declined_without_a_confirmation(
        self, event: Event, host: Client, pair: tuple[Registration, Registration]
    ) -> None:
        """Otherwise, one wrong key would give Bob's photos to the second account."""
        event.registrations.filter(pk=pair[0].pk).update(status=Status.PENDING)
        close_registration(event=event)
        upload(event, fakes.stripes(fakes.BOB), "bob.png")
        address = reverse("events:refuse", args=[event.pk, pair[0].pk])
        place, at_once = "?show=waiting", {"at_once": "yes"}
        card = host.post(address + place, at_once, HTTP_HX_REQUEST="true")
        assert card["HX-Redirect"] == address + place
        assert host.post(address + place, at_once)["Location"] == address + place
        work_off()
        assert not event.registrations.filter(status=Status.BLOCKED).exists()
        assert names_for(pair[1].user, event) == []
        assert "a guest waits who looks like" in host.get(address).content.decode()
        other = reverse("events:refuse", args=[event.pk, pair[1].pk])
        assert "a guest waits who looks like" not in host.get(other).content.decode()

    @pytest.mark.parametrize("is_approved_at_once", [True, False])
    def test_newcomer_waits_again_once_a_decline_of_the_earlier_one_is_taken_back(
        self,
        event: Event,
        host: Client,
        pair: tuple[Registration, Registration],
        is_approved_at_once: bool,
    ) -> None:
        close_registration(event=event)
        upload(event, fakes.stripes(fakes.BOB), "bob.png")
        decide(host, "refuse", pair[0])
        work_off()
        assert names_for(pair[1].user, event) == ["bob.png"]
        if is_approved_at_once:
            decide(host, "admit", pair[0], though_refused="yes")
        else:
            decide(host, "reconsider", pair[0])
        assert names_for(pair[1].user, event) == []
        decide(host, "admit", pair[0], reference=pair[0].user.references.get().pk)
        work_off()
        assert names_for(pair[0].user, event) == ["bob.png"]
        assert names_for(pair[1].user, event) == []
        assert [row.newcomer for row in Collision.objects.open()] == [pair[1].user]

    @pytest.mark.parametrize("change", ["replaces the photo", "leaves and registers again"])
    def test_newcomer_waits_again_even_if_the_earlier_one_seems_later_now(
        self, event: Event, host: Client, bob: User, second: User, change: str
    ) -> None:
        """No host approved anyone yet, so there is no anchor with an earlier time."""
        registration = join(bob, event)
        join(second, event)
        assert [row.newcomer for row in Collision.objects.open()] == [second]
        decide(host, "refuse", registration)
        if change == "replaces the photo":
            changes.add_reference(
                user=bob,
                reference=store_reference(reference_photo(fakes.BOB)),
                consent_version=CURRENT_CONSENT.version,
                replacing=bob.references.get(),
            )
        else:
            changes.leave_event(event=event, user=bob)
            registration = join(bob, event)
        decide(host, "reconsider", registration)
        compare_newcomers()
        assert [row.newcomer for row in Collision.objects.open()] == [second]

    def test_newcomer_waits_after_registering_again_meanwhile(
        self, event: Event, host: Client, pair: tuple[Registration, Registration]
    ) -> None:
        decide(host, "refuse", pair[0])
        changes.leave_event(event=event, user=pair[1].user)
        again = join(pair[1].user, event)
        decide(host, "admit", again, reference=again.user.references.get().pk)
        decide(host, "reconsider", pair[0])
        close_registration(event=event)
        upload(event, fakes.stripes(fakes.BOB), "bob.png")
        work_off()
        assert names_for(pair[1].user, event) == []
        assert [row.newcomer for row in Collision.objects.open()] == [pair[1].user]

    def test_newcomer_goes_on_if_the_declined_person_deletes_their_account(
        self, event: Event, host: Client, pair: tuple[Registration, Registration]
    ) -> None:
        """Otherwise, a thief who was found out could close the owner's gallery."""
        decide(host, "refuse", pair[0])
        erase_account(pair[0].user)
        close_registration(event=event)
        upload(event, fakes.stripes(fakes.BOB), "bob.png")
        work_off()
        assert names_for(pair[1].user, event) == ["bob.png"]

    def test_co_host_who_may_not_see_the_other_face_is_not_asked(
        self, event: Event, pair: tuple[Registration, Registration]
    ) -> None:
        helper = new_user("helper")
        CoHost.objects.create(event=event, user=helper)
        pair[0].consent.delete()
        address = reverse("events:same_person", args=[event.pk, pair[1].pk])
        assert browser_of(helper).get(address)["Location"] == people_address(event)


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_people(
    event: Event, host: Client, django_assert_num_queries: Any
) -> None:
    def register(numbers: range) -> None:
        for number in numbers:
            take_part(new_user(f"guest{number}", (10 + number, 90, 90)), event)

    register(range(2))
    host.get(people_address(event))
    with CaptureQueriesContext(connection) as first:
        host.get(people_address(event))
    register(range(2, 9))
    with django_assert_num_queries(len(first)):
        page = host.get(people_address(event)).content.decode()
    assert page.count('class="person"') == 9


@pytest.mark.django_db
def test_photos_that_are_unreleased_count_for_hosts(world: World) -> None:
    counts = re.findall(
        r"No photos yet\s+<span[^>]*>(\d+)<",
        world.client("alice").get(people_address(world.event)).content.decode(),
    )
    assert counts == ["1"]  # Charlie


@pytest.mark.django_db
class TestOwnRegistrationOfACoHost:
    """It shows neither a collision nor what face recognition found, and others decide about it."""

    @pytest.fixture
    def second_hosts(self, event: Event, bob: User, second: User) -> Registration:
        take_part(bob, event)
        registration = take_part(second, event)
        CoHost.objects.create(event=event, user=second)
        return registration

    def test_collision_is_shown_to_other_hosts_only(
        self, event: Event, host: Client, second: User, second_hosts: Registration
    ) -> None:
        assert 'id="colliding"' in host.get(people_address(event)).content.decode()
        page = browser_of(second).get(people_address(event)).content.decode()
        assert 'id="colliding"' not in page
        assert "Second Example" in page
        assert "look like one person" not in page

    def test_it_looks_the_same_without_a_collision(
        self, event: Event, second: User, second_hosts: Registration
    ) -> None:
        client = browser_of(second)
        with_collision = without_tokens(client.get(people_address(event)).content)
        Collision.objects.all().delete()
        assert without_tokens(client.get(people_address(event)).content) == with_collision

    def test_co_host_does_not_decide_about_it(
        self, event: Event, second: User, second_hosts: Registration
    ) -> None:
        address = reverse("events:dismiss", args=[event.pk, second_hosts.pk])
        sent = {"collision": Collision.objects.get().pk}
        assert browser_of(second).post(address, sent).status_code == 404
        assert Collision.objects.open().exists()

    def test_results_are_not_told(
        self, event: Event, second: User, second_hosts: Registration
    ) -> None:
        address = reverse("events:guest_gallery", args=[event.pk, second_hosts.pk])
        assert browser_of(second).get(address).status_code == 404
