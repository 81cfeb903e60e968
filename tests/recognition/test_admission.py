"""Who is searched for in an event, by which references, and what admits and refuses people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

import fakes
from conftest import (
    World,
    names_for,
    new_user,
    persona_of,
    reference_photo,
    take_part,
    upload,
    work_off,
)
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.pipeline import changes
from picprocure.recognition.admission import (
    admit,
    admit_automatically,
    reconsider,
    refuse,
    registrations_of,
    searchable_registrations,
    usable_references,
)
from picprocure.recognition.models import (
    Anchor,
    Collision,
    ManualGrant,
    Match,
    PassedLivenessCheck,
    Reference,
    ReferenceAdmission,
)
from picprocure.recognition.references import store_reference

Status = Registration.Status


def add(user: User, face: tuple[int, int, int]) -> Reference:
    return changes.add_reference(
        user=user,
        reference=store_reference(reference_photo(face)),
        consent_version=CURRENT_CONSENT.version,
    )


def another_event(creator: User) -> Event:
    return create_event(
        creator=creator,
        details=EventDetails(name="Another party"),
        closes_at=timezone.now() + timedelta(hours=2),
    )


def collision(event: Event, newcomer: User, other: User | None = None) -> Collision:
    return Collision.objects.create(
        event=event, newcomer=newcomer, other=other, kind=Collision.Kind.PERSON
    )


@pytest.fixture
def bob(event: Event) -> User:
    return new_user("bob", fakes.BOB)


@pytest.fixture
def waiting(event: Event, bob: User) -> Registration:
    """Bob waits for approval."""
    registration = changes.join_event(user=bob, event=event, consent=EVENT_CONSENT)
    assert registration.status == Status.PENDING
    return registration


def status_of(registration: Registration) -> str:
    return Registration.objects.get(pk=registration.pk).status


def admitted_references(registration: Registration) -> set[Any]:
    return set(registration.reference_admissions.values_list("reference", flat=True))


class TestSearch:
    def searched_for(self, event: Event) -> set[str]:
        found = searchable_registrations(event)
        return set(map(persona_of, found.values_list("user__email", flat=True)))

    def test_only_admitted_people_who_consent_and_do_not_collide_are_searched_for(
        self, full_world: World
    ) -> None:
        guest = new_user("guest", fakes.DORA)
        other_event = another_event(full_world.alice)
        take_part(guest, other_event)
        assert self.searched_for(full_world.event) == {"bob", "charlie"}
        assert self.searched_for(other_event) == {"guest"}

    def test_people_who_registered_without_consent_are_not_searched_for(self, event: Event) -> None:
        bob = new_user("bob", fakes.BOB)
        registration = changes.join_event(user=bob, event=event, consent=None)
        admit(registration=registration, reference_ids=[])
        assert status_of(registration) == Status.ADMITTED
        assert self.searched_for(event) == set()

    def test_only_an_open_collision_in_the_same_event_makes_the_newcomer_wait(
        self, world: World
    ) -> None:
        other_event = another_event(world.alice)
        collision(other_event, world.bob, world.charlie)
        made = collision(world.event, world.bob, world.charlie)
        assert self.searched_for(world.event) == {"charlie"}
        made.dismissed_at = timezone.now()
        made.save()
        assert self.searched_for(world.event) == {"bob", "charlie"}


class TestUsableReferences:
    @pytest.fixture
    def admitted(self, event: Event, bob: User) -> Registration:
        return take_part(bob, event)

    def anchor(self, registration: Registration) -> Anchor:
        return Anchor.objects.get(event=registration.event, user=registration.user)

    def test_only_references_that_a_host_saw_are_used(self, admitted: Registration) -> None:
        (seen,) = admitted.user.references.all()
        add(admitted.user, fakes.BOB)
        assert usable_references(admitted, self.anchor(admitted)) == [seen]

    def test_a_face_that_does_not_agree_with_the_anchor_is_not_used(
        self, admitted: Registration
    ) -> None:
        anchor_of_another = self.anchor(take_part(new_user("dora", fakes.DORA), admitted.event))
        assert usable_references(admitted, anchor_of_another) == []
        assert usable_references(admitted, None) == []

    @pytest.mark.parametrize("check", Event.LivenessCheck)
    def test_where_the_liveness_check_is_required_only_references_that_passed_there_are_used(
        self, admitted: Registration, check: Event.LivenessCheck
    ) -> None:
        admitted.event.liveness_check = check
        admitted.event.save()
        (first,) = admitted.user.references.all()
        second = add(admitted.user, fakes.BOB)
        admit(registration=admitted, reference_ids=[second.pk])
        elsewhere = take_part(admitted.user, another_event(admitted.event.creator))
        PassedLivenessCheck.objects.create(registration=elsewhere, reference=first)
        PassedLivenessCheck.objects.create(registration=admitted, reference=second)
        used = {reference.pk for reference in usable_references(admitted, self.anchor(admitted))}
        if check == Event.LivenessCheck.REQUIRED:
            assert used == {second.pk}
        else:
            assert used == {first.pk, second.pk}


class TestAdmit:
    def test_admits_with_the_references_that_were_shown_and_no_others(
        self, waiting: Registration
    ) -> None:
        (shown,) = waiting.user.references.all()
        add(waiting.user, fakes.BOB)
        of_another = new_user("dora", fakes.DORA).references.get()
        assert admit(registration=waiting, reference_ids=[shown.pk, of_another.pk])
        assert waiting.status == status_of(waiting) == Status.ADMITTED
        assert admitted_references(waiting) == {shown.pk}
        assert Anchor.objects.get(event=waiting.event, user=waiting.user).reference_id == shown.pk

    def test_twice_is_no_error(self, waiting: Registration) -> None:
        shown = [reference.pk for reference in waiting.user.references.all()]
        assert admit(registration=waiting, reference_ids=shown)
        assert admit(registration=waiting, reference_ids=shown)
        assert ReferenceAdmission.objects.count() == 1

    def test_a_person_whom_another_host_refused_a_moment_ago_stays_refused(
        self, waiting: Registration
    ) -> None:
        Registration.objects.update(status=Status.BLOCKED)
        assert waiting.status == Status.PENDING
        shown = [reference.pk for reference in waiting.user.references.all()]
        assert not admit(registration=waiting, reference_ids=shown)
        assert status_of(waiting) == Status.BLOCKED
        assert not ReferenceAdmission.objects.exists()
        assert admit(registration=waiting, reference_ids=shown, though_refused=True)
        assert status_of(waiting) == Status.ADMITTED
        assert admitted_references(waiting) == set(shown)

    def test_others_are_not_admitted_with_them(self, waiting: Registration) -> None:
        dora = new_user("dora", fakes.DORA)
        other = changes.join_event(user=dora, event=waiting.event, consent=EVENT_CONSENT)
        admit(registration=waiting, reference_ids=[])
        assert status_of(other) == Status.PENDING


class TestAutomaticAdmission:
    @pytest.fixture
    def open_event(self, event: Event) -> Event:
        event.requires_approval = False
        event.save()
        return event

    def registered(self, user: User, event: Event, **changed: Any) -> Registration:
        return Registration.objects.create(user=user, event=event, **changed)

    def test_admits_with_all_references_where_no_approval_is_required(
        self, open_event: Event, bob: User
    ) -> None:
        add(bob, fakes.BOB)
        new_user("dora", fakes.DORA)
        registration = changes.join_event(user=bob, event=open_event, consent=EVENT_CONSENT)
        Registration.objects.update(status=Status.PENDING)
        ReferenceAdmission.objects.all().delete()
        Anchor.objects.all().delete()
        registration.refresh_from_db()
        assert admit_automatically(registration)
        assert registration.status == status_of(registration) == Status.ADMITTED
        assert admitted_references(registration) == {row.pk for row in bob.references.all()}
        assert Anchor.objects.get().user == bob

    def test_admits_no_one_else(self, open_event: Event, bob: User) -> None:
        other = self.registered(new_user("dora", fakes.DORA), open_event)
        assert admit_automatically(self.registered(bob, open_event))
        assert status_of(other) == Status.PENDING

    def test_people_who_need_approval_wait(self, event: Event, bob: User) -> None:
        registration = self.registered(bob, event)
        assert not admit_automatically(registration)
        assert registration.status == status_of(registration) == Status.PENDING
        assert not ReferenceAdmission.objects.exists()

    def test_refused_people_stay_refused(self, open_event: Event, bob: User) -> None:
        registration = self.registered(bob, open_event, status=Status.BLOCKED)
        assert not admit_automatically(registration)
        assert status_of(registration) == Status.BLOCKED
        assert not ReferenceAdmission.objects.exists()

    def test_people_whom_a_host_refused_a_moment_ago_stay_refused(
        self, open_event: Event, bob: User
    ) -> None:
        registration = self.registered(bob, open_event)
        Registration.objects.update(status=Status.BLOCKED)
        assert not admit_automatically(registration)
        assert status_of(registration) == Status.BLOCKED
        assert not ReferenceAdmission.objects.exists()

    def test_people_who_registered_late_wait(self, open_event: Event, bob: User) -> None:
        open_event.registration_closes_at = timezone.now() - timedelta(minutes=1)
        open_event.save()
        registration = self.registered(bob, open_event)
        assert not admit_automatically(registration)
        assert status_of(registration) == Status.PENDING
        assert not ReferenceAdmission.objects.exists()


class TestRefuse:
    def test_ends_everything_that_the_person_got_and_nothing_of_others(self, world: World) -> None:
        other_event = another_event(world.alice)
        elsewhere = take_part(world.bob, other_event)
        close_registration(event=other_event)
        photo = upload(other_event, fakes.stripes(fakes.BOB, serial=5), "elsewhere.png")
        work_off()
        bob, charlie = (
            user.registrations.get(event=world.event) for user in (world.bob, world.charlie)
        )
        for registration in (bob, charlie):
            ManualGrant.objects.create(registration=registration, photo=world.strangers_photo)
        ManualGrant.objects.create(registration=elsewhere, photo=photo)
        Match.objects.create(
            registration=charlie,
            face=world.shared_photo.faces.order_by("pk")[0],
            status=Match.Status.MATCHED,
            distance=0.3,
            threshold=0.4,
        )
        refuse(bob)
        assert bob.status == status_of(bob) == Status.BLOCKED
        assert names_for(world.bob, world.event) == []
        for rows in (Match, ManualGrant, ReferenceAdmission):
            owners = {row.registration for row in rows.objects.all()}
            assert owners == {charlie, elsewhere}, rows
        assert status_of(charlie) == status_of(elsewhere) == Status.ADMITTED

    def test_frees_people_who_waited_only_because_of_the_person(
        self, event: Event, bob: User
    ) -> None:
        dora = new_user("dora", fakes.DORA)
        registrations = [take_part(user, event) for user in (bob, dora)]
        freed = collision(event, newcomer=dora, other=bob)
        long_ago = timezone.now() - timedelta(days=1)
        decided = collision(event, newcomer=dora, other=bob)
        Collision.objects.filter(pk=decided.pk).update(dismissed_at=long_ago)
        still_open = [
            collision(event, newcomer=bob, other=dora),
            collision(event, newcomer=dora),
            collision(another_event(event.creator), newcomer=dora, other=bob),
        ]
        refuse(registrations[0])
        decided.refresh_from_db()
        assert decided.dismissed_at == long_ago
        assert set(Collision.objects.open()) == set(still_open)
        assert reconsider(registrations[0])
        assert set(Collision.objects.open()) == {freed, *still_open}
        assert not reconsider(registrations[0])


class TestRegistrationsOf:
    def test_has_the_current_events_of_one_person_even_if_they_were_refused(
        self, event: Event, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        dora = new_user("dora", fakes.DORA)
        take_part(dora, event)
        refuse(take_part(bob, event))
        ended = another_event(event.creator)
        take_part(bob, ended)
        Event.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
        with django_assert_num_queries(1):
            found = [(row.user, row.event) for row in registrations_of(bob)]
        assert found == [(bob, event)]
