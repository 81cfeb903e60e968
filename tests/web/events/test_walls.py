"""Mallory tries to get Bob's photos with another picture of Bob; each protection separately."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import (
    World,
    admit_everybody,
    browser_of,
    names_for,
    reference_photo,
    take_part,
    text_of,
    upload,
    without_tokens,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.errors import EmailNotConfirmed
from picprocure.events.guest_list import add_to_guest_list
from picprocure.events.models import Event, Registration
from picprocure.events.services import (
    EventDetails,
    close_registration,
    create_event,
    end_registration,
)
from picprocure.galleries.access import references_visible_to
from picprocure.imaging.loading import load_upright
from picprocure.pipeline import changes
from picprocure.recognition.models import Collision, Match, Reference, ReferenceAdmission
from picprocure.recognition.references import store_reference
from picprocure.recognition.withdrawal import withdraw


def join(user: User, event: Event) -> Registration:
    return changes.join_event(user=user, event=event, consent=EVENT_CONSENT)


def add(user: User, color: tuple[int, int, int], **changed: Any) -> Reference:
    return changes.add_reference(
        user=user,
        reference=store_reference(reference_photo(color)),
        consent_version=CURRENT_CONSENT.version,
        **changed,
    )


def close_and_upload(event: Event) -> None:
    close_registration(event=event)
    upload(event, fakes.stripes(fakes.BOB), "bob.png")
    work_off()


def people_page(host: Client, event: Event) -> str:
    return text_of(host.get(reverse("events:people", args=[event.pk])).content)


@pytest.fixture
def alice(event: Event) -> Client:
    return browser_of(event.creator)


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", fakes.BOB)


@pytest.fixture
def mallory(make_user: Callable[..., User]) -> User:
    return make_user("mallory", fakes.BOB)


class TestApproval:
    """The second protection: the creator sees whom they deliver to."""

    def test_approval_is_on_by_default(self, alice: Client) -> None:
        page = alice.get(reverse("events:create")).content.decode()
        box = re.search(r'<input[^>]*name="requires_approval"[^>]*>', page)
        assert box
        assert "checked" in box[0]
        assert "photo of someone else" in page
        form = {"name": "Open house", "availability_days": "2"}
        alice.post(reverse("events:create"), form)
        assert not Event.objects.get(name="Open house").requires_approval
        alice.post(reverse("events:create"), {**form, "name": "Closed", "requires_approval": "on"})
        assert Event.objects.get(name="Closed").requires_approval

    def test_no_photos_are_delivered_before_approval(self, event: Event, mallory: User) -> None:
        join(mallory, event)
        close_and_upload(event)
        assert names_for(mallory, event) == []
        assert not Match.objects.exists()

    def test_creator_sees_name_and_every_reference(
        self, event: Event, alice: Client, mallory: User
    ) -> None:
        add(mallory, fakes.BOB)
        join(mallory, event)
        page = alice.get(reverse("events:people", args=[event.pk])).content.decode()
        assert "Mallory Example" in page
        for reference in mallory.references.all():
            image = reverse("media:reference", args=[reference.pk])
            assert image in page
            assert alice.get(image).status_code == 200

    def test_all_displayed_people_are_admitted_and_get_their_photos(
        self, event: Event, alice: Client, bob: User, make_user: Callable[..., User]
    ) -> None:
        for user in (bob, make_user("charlie", fakes.CHARLIE)):
            join(user, event)
        alice.post(reverse("events:admit", args=[event.pk]), shown_form(alice, event))
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        statuses = set(event.registrations.values_list("status", flat=True))
        assert statuses == {Registration.Status.ADMITTED}

    @pytest.mark.parametrize("name", ["9" * 30, "-1", "x", ""])
    def test_form_without_registrations_admits_no_person(
        self, event: Event, alice: Client, mallory: User, name: str
    ) -> None:
        join(mallory, event)
        address = reverse("events:admit", args=[event.pk])
        answer = alice.post(address, {"registration": name, "reference": name}, follow=True)
        assert "You selected no one." in answer.content.decode()
        assert not event.registrations.exclude(status=Registration.Status.PENDING).exists()
        for route in ("events:person", "events:refuse"):
            assert alice.get(reverse(route, args=[event.pk, int("9" * 30)])).status_code == 404

    def test_all_displayed_people_are_refused_after_a_confirmation(
        self, event: Event, alice: Client, bob: User, make_user: Callable[..., User]
    ) -> None:
        for user in (bob, make_user("charlie", fakes.CHARLIE)):
            join(user, event)
        address = reverse("events:refuse_all", args=[event.pk])
        shown = shown_form(alice, event)
        page = alice.post(address, shown).content.decode()
        assert "Decline 2 people" in page
        assert "Charlie Example" in page
        assert not event.registrations.filter(status=Registration.Status.BLOCKED).exists()
        alice.post(address, {**shown, "sure": "yes"})
        statuses = set(event.registrations.values_list("status", flat=True))
        assert statuses == {Registration.Status.BLOCKED}

    def test_reference_replaced_after_the_page_was_loaded_is_not_admitted(
        self, event: Event, alice: Client, make_user: Callable[..., User]
    ) -> None:
        mallory = make_user("mallory", fakes.ALICE)
        join(mallory, event)
        shown = shown_form(alice, event)
        changes.delete_reference(user=mallory, reference=mallory.references.get())
        add(mallory, fakes.BOB)
        alice.post(reverse("events:admit", args=[event.pk]), shown)
        close_and_upload(event)
        assert names_for(mallory, event) == []
        assert not ReferenceAdmission.objects.filter(reference__user=mallory).exists()

    def test_refused_person_gets_no_photos_after_registering_again(
        self, event: Event, alice: Client, mallory: User
    ) -> None:
        registration = take_part(mallory, event)
        alice.post(reverse("events:refuse", args=[event.pk, registration.pk]))
        browser = browser_of(mallory)
        browser.post(reverse("events:leave", args=[event.pk]))
        assert not event.registrations.filter(user=mallory).exists()
        page = browser.post(
            reverse("events:join", args=[event.pk]), {"event_consent": "on"}, follow=True
        )
        assert "You're registered" in page.content.decode()
        close_and_upload(event)
        assert names_for(mallory, event) == []
        assert event.registrations.get(user=mallory).status == Registration.Status.BLOCKED
        assert not references_visible_to(event.creator).filter(user=mallory).exists()

    def test_other_people_cannot_admit(self, event: Event, bob: User, mallory: User) -> None:
        registration = join(mallory, event)
        form = {"registration": registration.pk, "reference": mallory.references.get().pk}
        for user in (mallory, bob):
            address = reverse("events:admit", args=[event.pk])
            assert browser_of(user).post(address, form).status_code == 404
        registration.refresh_from_db()
        assert registration.status == Registration.Status.PENDING

    def test_creator_can_admit_only_registrations_of_their_event(
        self, event: Event, mallory: User
    ) -> None:
        """Mallory hosts an event, too."""
        registration = join(mallory, event)
        own = create_event(
            creator=mallory,
            details=EventDetails(name="A trap"),
            closes_at=timezone.now() + timedelta(hours=2),
        )
        form = {"registration": registration.pk, "reference": mallory.references.get().pk}
        browser_of(mallory).post(reverse("events:admit", args=[own.pk]), form)
        registration.refresh_from_db()
        assert registration.status == Registration.Status.PENDING


class TestGuestList:
    def test_listed_and_confirmed_address_is_admitted_automatically(
        self, event: Event, alice: Client, bob: User
    ) -> None:
        listed = {"guests": "BOB@example.org\n\ndora@example.org"}
        alice.post(reverse("events:guest_list", args=[event.pk]), listed)
        assert join(bob, event).status == Registration.Status.ADMITTED
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]

    def test_unconfirmed_address_is_not_admitted(
        self, event: Event, alice: Client, bob: User
    ) -> None:
        alice.post(reverse("events:guest_list", args=[event.pk]), {"guests": "other@example.org"})
        User.objects.filter(pk=bob.pk).update(email="other@example.org")
        bob.refresh_from_db()
        with pytest.raises(EmailNotConfirmed):
            join(bob, event)
        assert not event.registrations.exists()

    def test_invalid_line_is_named_and_no_address_is_added(
        self, event: Event, alice: Client
    ) -> None:
        page = alice.post(
            reverse("events:guest_list", args=[event.pk]), {"guests": "a@example.org\nnonsense"}
        ).content.decode()
        assert "“nonsense” has no valid e-mail address" in page
        assert "a@example.org" in page  # what was written isn't lost
        assert not event.guest_list.exists()

    def test_address_can_be_removed(self, event: Event, alice: Client) -> None:
        add_to_guest_list(event=event, guests=dict.fromkeys(["a@example.org", "b@example.org"], ""))
        first = event.guest_list.all()[0]
        alice.post(reverse("events:guest_list", args=[event.pk]), {"remove": first.pk})
        assert [row.email for row in event.guest_list.all()] == ["b@example.org"]


class TestCollision:
    """The third protection: a newcomer has the face of a registered person."""

    def test_only_the_newcomer_waits_for_a_decision(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        take_part(mallory, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []
        assert Collision.objects.get().newcomer == mallory

    def test_newcomer_waits_even_without_approval(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        Event.objects.update(requires_approval=False)
        event.refresh_from_db()
        join(bob, event)
        join(mallory, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_changed_reference_is_compared_too(
        self, event: Event, bob: User, make_user: Callable[..., User]
    ) -> None:
        mallory = make_user("mallory", fakes.ALICE)
        take_part(bob, event)
        registration = take_part(mallory, event)
        changes.delete_reference(user=mallory, reference=mallory.references.get())
        borrowed = add(mallory, fakes.BOB)
        changes.admit(registration=registration, reference_ids=[borrowed.pk])
        close_and_upload(event)
        assert names_for(mallory, event) == []
        assert names_for(bob, event) == ["bob.png"]

    def test_owner_never_waits_for_another_photo_of_themselves(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        registration = take_part(bob, event)
        take_part(mallory, event)
        another = add(bob, fakes.BOB)
        changes.admit(registration=registration, reference_ids=[another.pk])
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert {row.newcomer for row in Collision.objects.all()} == {mallory}

    def test_creator_sees_both_faces(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        take_part(mallory, event)
        page = people_page(alice, event)
        section = page[page.index('id="colliding"') : page.index('id="admitted"')]
        for user in (bob, mallory):
            assert reverse("media:reference", args=[user.references.get().pk]) in section

    def test_admitting_all_does_not_decide_collisions(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        join(bob, event)
        join(mallory, event)
        everybody = {
            "registration": [row.pk for row in event.registrations.all()],
            "reference": [reference.pk for reference in Reference.objects.all()],
        }
        alice.post(reverse("events:admit", args=[event.pk]), everybody)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_refusing_the_thief_admits_the_owner(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        """Mallory registered first, so Bob is the newcomer."""
        theft = take_part(mallory, event)
        take_part(bob, event)
        alice.post(reverse("events:refuse", args=[event.pk, theft.pk]))
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_two_people_who_look_alike_can_both_be_admitted(
        self, event: Event, alice: Client, bob: User, make_user: Callable[..., User]
    ) -> None:
        """Twins: neither gets photos that may show the other, but both take part."""
        twin = make_user("twin", fakes.BOB)
        take_part(bob, event)
        registration = take_part(twin, event)
        shown = {
            "reference": twin.references.get().pk,
            "collision": Collision.objects.of(registration).get().pk,
        }
        page = alice.get(reverse("events:people", args=[event.pk])).content.decode()
        for name, value in shown.items():
            assert f'name="{name}" value="{value}"' in page
        alice.post(reverse("events:dismiss", args=[event.pk, registration.pk]), shown)
        changes.join_event(user=twin, event=event, consent=EVENT_CONSENT)
        assert not Collision.objects.filter(dismissed_at__isnull=True).exists()
        close_and_upload(event)
        assert names_for(bob, event) == names_for(twin, event) == []

    def test_host_reads_that_two_guests_look_like_one_person(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        """Before the decision and after it."""
        take_part(bob, event)
        registration = take_part(mallory, event)
        both = "Mallory Example and Bob Example look"
        assert f"{both} like one person." in people_page(alice, event)
        alice.post(
            reverse("events:dismiss", args=[event.pk, registration.pk]),
            {
                "reference": mallory.references.get().pk,
                "collision": Collision.objects.of(registration).get().pk,
            },
        )
        page = people_page(alice, event)
        assert 'id="colliding"' not in page
        assert f"{both}ed like one person when they joined." in page
        assert "Bob Example and Mallory Example looked like one person when they joined." in page

    @pytest.mark.parametrize("removed", ["bob", "mallory"])
    def test_one_of_two_accounts_of_a_face_gets_its_photos_once_the_other_is_removed(
        self, event: Event, alice: Client, bob: User, mallory: User, removed: str
    ) -> None:
        registrations = {"bob": take_part(bob, event), "mallory": take_part(mallory, event)}
        Collision.objects.update(dismissed_at=timezone.now())
        close_and_upload(event)
        assert names_for(bob, event) == names_for(mallory, event) == []
        alice.post(reverse("events:refuse", args=[event.pk, registrations[removed].pk]))
        work_off()
        assert names_for(bob, event) == ([] if removed == "bob" else ["bob.png"])
        assert names_for(mallory, event) == ([] if removed == "mallory" else ["bob.png"])
        assert "like one person" not in people_page(alice, event)

    def test_collision_found_after_the_page_was_loaded_stays_open(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        """An old page can't decide on a collision that the creator didn't see."""
        take_part(bob, event)
        registration = take_part(mallory, event)
        reference = mallory.references.get()
        shown = {
            "reference": reference.pk,
            "collision": Collision.objects.of(registration).get().pk,
        }
        later = Collision.objects.create(
            event=event, newcomer=mallory, reference=reference, kind=Collision.Kind.PHOTO
        )
        page = alice.post(
            reverse("events:dismiss", args=[event.pk, registration.pk]), shown, follow=True
        ).content.decode()
        assert "Mallory Example also looks like another guest" in page
        assert Collision.objects.of(registration).open().get() == later
        close_and_upload(event)
        assert names_for(mallory, event) == []

    def test_owner_who_replaces_the_photo_does_not_wait(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        """The page doesn't say that the thief was added earlier."""
        take_part(bob, event)
        take_part(mallory, event)
        close_and_upload(event)
        add(bob, fakes.BOB, replacing=bob.references.get())
        alice.post(reverse("events:admit", args=[event.pk]), shown_form(alice, event))
        work_off()
        assert {row.newcomer for row in Collision.objects.all()} == {mallory}
        assert names_for(bob, event) == ["bob.png"]
        page = people_page(alice, event)
        section = page[page.index('id="colliding"') : page.index('id="admitted"')]
        assert "Bob Example, added earlier" in section
        assert "Mallory Example, added earlier" not in page
        for user in (bob, mallory):
            assert reverse("media:reference", args=[user.references.get().pk]) in section

    @pytest.mark.parametrize("replaced", ["owner", "thief", "both", "owner by delete and add"])
    @pytest.mark.parametrize("requires_approval", [True, False])
    def test_only_the_newcomer_waits_whatever_is_replaced(
        self, event: Event, bob: User, mallory: User, replaced: str, requires_approval: bool
    ) -> None:
        Event.objects.update(requires_approval=requires_approval)
        event.refresh_from_db()
        join(bob, event)
        join(mallory, event)
        if replaced in ("owner", "both"):
            add(bob, fakes.BOB, replacing=bob.references.get())
        if replaced in ("thief", "both"):
            add(mallory, fakes.BOB, replacing=mallory.references.get())
        if replaced == "owner by delete and add":
            changes.delete_reference(user=bob, reference=bob.references.get())
            add(bob, fakes.BOB)
        admit_everybody(event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []
        assert {row.newcomer for row in Collision.objects.all()} == {mallory}

    def test_owner_who_leaves_and_returns_does_not_wait(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        """The face was added earlier, and is the same."""
        take_part(bob, event)
        take_part(mallory, event)
        end_registration(event=event, user=bob)
        take_part(bob, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert {row.newcomer for row in Collision.objects.all()} == {mallory}

    def test_thief_who_registers_while_the_owner_is_away_is_the_newcomer(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        end_registration(event=event, user=bob)
        take_part(mallory, event)
        take_part(bob, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_thief_who_leaves_and_returns_is_still_the_newcomer(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        take_part(mallory, event)
        end_registration(event=event, user=mallory)
        add(bob, fakes.BOB, replacing=bob.references.get())
        take_part(mallory, event)
        admit_everybody(event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_person_who_consents_after_the_owner_is_the_newcomer(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        """Mallory registered first, without face recognition."""
        changes.join_event(user=mallory, event=event, consent=None)
        take_part(bob, event)
        take_part(mallory, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_early_registration_gives_no_right_to_a_face_added_later(
        self, event: Event, bob: User, make_user: Callable[..., User]
    ) -> None:
        mallory = make_user("mallory", fakes.ALICE)
        take_part(mallory, event)
        take_part(bob, event)
        changes.delete_reference(user=mallory, reference=mallory.references.get())
        add(mallory, fakes.BOB)
        admit_everybody(event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]
        assert {row.newcomer for row in Collision.objects.all()} == {mallory}

    def test_deleting_the_borrowed_photo_does_not_end_the_collision(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        take_part(mallory, event)
        changes.delete_reference(user=mallory, reference=mallory.references.get())
        assert Collision.objects.get().dismissed_at is None
        page = people_page(alice, event)
        assert "Mallory Example, added later. This photo was deleted." in page

    def test_people_who_look_alike_get_no_photo_that_may_be_the_others(
        self, event: Event, alice: Client, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        registration = take_part(mallory, event)
        close_and_upload(event)
        assert names_for(bob, event) == ["bob.png"]  # while a host hasn't decided
        shown = {"collision": Collision.objects.of(registration).get().pk}
        alice.post(reverse("events:dismiss", args=[event.pk, registration.pk]), shown)
        work_off()
        assert names_for(bob, event) == names_for(mallory, event) == []

    def test_decision_covers_no_photo_nearer_to_the_other_person(
        self, event: Event, alice: Client, bob: User, make_user: Callable[..., User]
    ) -> None:
        """Mallory was found similar by chance, and now adds a photo of Bob."""
        mallory = make_user("mallory", fakes.ALICE)
        take_part(bob, event)
        take_part(mallory, event)
        Collision.objects.create(
            event=event,
            newcomer=mallory,
            other=bob,
            kind=Collision.Kind.PERSON,
            dismissed_at=timezone.now(),
        )
        changes.delete_reference(user=mallory, reference=mallory.references.get())
        add(mallory, fakes.BOB)
        admit_everybody(event)
        close_and_upload(event)
        assert Collision.objects.open().get().newcomer == mallory
        assert names_for(bob, event) == ["bob.png"]
        assert names_for(mallory, event) == []

    def test_decision_stays_for_photos_of_the_same_face(
        self, event: Event, bob: User, mallory: User
    ) -> None:
        take_part(bob, event)
        registration = take_part(mallory, event)
        changes.admit_despite_collision(
            registration=registration,
            reference_ids=[],
            collision_ids=[Collision.objects.of(registration).get().pk],
        )
        for user in (bob, mallory):
            add(user, fakes.BOB, replacing=user.references.get())
        admit_everybody(event)
        assert not Collision.objects.filter(newcomer=bob).exists()

    @pytest.mark.parametrize("going", ["leaves", "withdraws"])
    def test_collision_stays_open_after_the_owner_leaves(
        self, event: Event, bob: User, mallory: User, going: str
    ) -> None:
        take_part(bob, event)
        take_part(mallory, event)
        if going == "leaves":
            browser_of(bob).post(reverse("events:leave", args=[event.pk]))
        else:
            withdraw(user=bob)
        close_and_upload(event)
        assert names_for(mallory, event) == []

    def test_face_cropped_from_an_event_photo_waits_for_a_decision(
        self, event: Event, alice: Client, mallory: User
    ) -> None:
        """The copy has the same embedding as the face, as a screenshot nearly has."""
        take_part(mallory, event)
        close_registration(event=event)
        photo = upload(event, fakes.stripes(fakes.BOB), "bob.png")
        work_off()
        assert names_for(mallory, event) == ["bob.png"]  # another picture of Bob: other walls
        copy = store_reference(reference_photo_of(fakes.stripes(fakes.BOB)))
        borrowed = changes.add_reference(
            user=mallory, reference=copy, consent_version=CURRENT_CONSENT.version
        )
        changes.admit(registration=mallory.registrations.get(), reference_ids=[borrowed.pk])
        work_off()
        assert names_for(mallory, event) == []
        page = alice.get(reverse("events:people", args=[event.pk])).content.decode()
        assert reverse("media:photo", args=[photo.pk, "web"]) in page


class TestChanges:
    """The fourth protection: approval is for a face, not for an account."""

    def test_new_reference_waits_and_the_admitted_one_still_counts(self, world: World) -> None:
        new = add(world.bob, fakes.BOB)
        work_off()
        assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
        assert not ReferenceAdmission.objects.filter(reference=new).exists()
        page = world.client("alice").get(reverse("events:people", args=[world.event.pk]))
        assert "New photo" in page.content.decode()

    def test_replacing_a_reference_removes_the_photos_of_the_old_one(self, world: World) -> None:
        add(world.bob, fakes.BOB, replacing=world.bob.references.get())
        assert names_for(world.bob, world.event) == []
        work_off()
        assert names_for(world.bob, world.event) == []


class TestNoOracle:
    """The fifth protection: no response reveals whether a face is known."""

    def test_enrollment_response_does_not_reveal_known_faces(
        self, event: Event, bob: User, make_user: Callable[..., User]
    ) -> None:
        take_part(bob, event)
        answers = []
        for name, color in (("mallory", fakes.BOB), ("dora", fakes.DORA)):
            browser = browser_of(make_user(name, color))
            page = browser.post(
                reverse("events:join", args=[event.pk]), {"event_consent": "on"}, follow=True
            )
            answers.append(without_names(page.content))
        assert answers[0] == answers[1]


def shown_form(browser: Client, event: Event) -> dict[str, list[str]]:
    """Return what the page's button to admit all would send."""
    page = browser.get(reverse("events:people", args=[event.pk])).content.decode()
    fields = re.findall(r'form="selection" name="(shown|reference)" value="([^"]+)"', page)
    sent: dict[str, list[str]] = {"all": ["yes"], "shown": [], "reference": []}
    for name, value in fields:
        sent[name].append(value)
    assert sent["shown"]
    return sent


def reference_photo_of(content: bytes) -> Any:
    """Return a reference with the embedding of a face in a photo."""
    image = load_upright(io.BytesIO(content), name="photo", max_pixels=10**6)
    (face,) = fakes.StripeEngine().find_faces(image)
    return replace(reference_photo(fakes.BOB), embedding=face.embedding)


def without_names(page: bytes) -> str:
    text = without_tokens(page).decode()
    text = re.sub(r"(?i)held|charlie|mallory|dora", "somebody", text)
    return re.sub(r"\b\d{1,2}:\d\d\b", "time", text)


@pytest.mark.parametrize(("known", "message"), [("4", "2 more people"), ("5", "1 more person")])
def test_people_page_shows_the_number_of_new_registrations(
    full_world: World, known: str, message: str
) -> None:
    assert full_world.event.registrations.count() == 6
    address = reverse("events:people", args=[full_world.event.pk])
    assert message in full_world.client("alice").get(address, {"known": known}).content.decode()
    assert full_world.client("bob").get(address, {"known": known}).status_code == 404


@pytest.mark.parametrize("known", ["6", "9", "x", "-1", "9" * 40])
def test_invalid_counts_are_no_error(full_world: World, known: str) -> None:
    address = reverse("events:people", args=[full_world.event.pk])
    assert full_world.client("alice").get(address, {"known": known}).status_code == 200
