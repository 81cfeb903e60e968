"""Comparing newcomers: joining costs the same in any event, and a borrowed face is never missed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import fakes
from conftest import World, names_for, new_user, persona_of, reference_photo, upload, work_off
from picprocure.accounts.consent import CURRENT_CONSENT, EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event, EventConsent, Registration
from picprocure.events.services import close_registration
from picprocure.faces.enrollment.duplicates import find_collisions
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import Embedding
from picprocure.faces.vectors import normalize
from picprocure.pipeline import changes, maintenance, steps
from picprocure.pipeline.app import app
from picprocure.recognition import collisions, registered_faces
from picprocure.recognition.embeddings import seal_reference
from picprocure.recognition.models import Collision, FaceToCompare, Reference
from picprocure.recognition.references import store_reference
from picprocure.recognition.registered_faces import RegisteredFace
from picprocure.recognition.sorting import compute_sorting, request_sorting
from picprocure.recognition.sorting_inputs import EventFaces
from seeds import seeds
from threads import database_for_threads


def join(user: User, event: Event) -> Registration:
    return changes.join_event(user=user, event=event, consent=EVENT_CONSENT)


def open_to_all(event: Event) -> Event:
    event.requires_approval = False
    event.save()
    return event


def reopen(event: Event) -> None:
    """Let people register for an event with photos, without approval."""
    event.allows_late_registration = True
    event.registration_closes_at = event.created_at.replace(year=2100)
    open_to_all(event)


def thief_of_bob() -> User:
    """Return a person whose reference is nearer to the photos of Bob than his own."""
    thief = new_user("thief", fakes.BOB)
    mean = np.random.default_rng(fakes.BOB).normal(size=128).astype(np.float32)
    use_as_reference(thief, mean / np.linalg.norm(mean))
    return thief


def use_as_reference(user: User, embedding: Embedding) -> None:
    reference = user.references.get()
    reference.embedding = seal_reference(embedding, reference.pk)
    reference.save()


def sort(event: Event) -> None:
    request_sorting(event.pk)
    steps.sort_event(event.pk)


def newcomers() -> set[str]:
    return set(map(persona_of, Collision.objects.values_list("newcomer__email", flat=True)))


@pytest.mark.parametrize("seed", seeds(30))
def test_pairs_with_newcomers_are_all_that_the_comparison_of_all_finds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    people = chance.normal(size=(4, 128))
    entries = int(chance.integers(1, 25))
    owners = [
        int(owner) for owner in np.unique(chance.integers(0, 12, entries), return_inverse=True)[1]
    ]
    faces = people[chance.integers(0, 4, entries)] + chance.normal(size=(entries, 128)) * 0.15
    references = normalize(faces)
    chosen = set(chance.integers(0, max(owners) + 1, 2).tolist())
    every = find_collisions(references, owners, DLIB)
    assert find_collisions(references, owners, DLIB, newcomers=chosen) == [
        found for found in every if chosen & {found.owner, owners[found.entry]}
    ]
    assert find_collisions(references, owners, DLIB, newcomers=set(owners)) == every


def test_joining_asks_the_same_in_a_larger_event(
    event: Event, make_user: Callable[..., User]
) -> None:
    open_to_all(event)
    counts = []
    for number in range(12):
        user = make_user(f"guest-{number}", (number, 200 - number, 90))
        with CaptureQueriesContext(connection) as queries:
            join(user, event)
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            steps.compare_newcomers(event.pk)
        counts.append(len(queries))
    assert set(counts[2::2]) == {counts[2]}
    assert set(counts[3::2]) == {counts[3]}


def test_newcomer_is_compared_by_a_job_and_the_host_is_told(
    event: Event, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda task, **_: jobs.append(task))
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **_: call())
    join(make_user("bob", fakes.BOB), event)
    join(make_user("mallory", fakes.BOB), event)
    assert jobs.count("picprocure.compare_newcomers") == 2
    jobs.clear()
    maintenance.sweep()
    assert jobs.count("picprocure.compare_newcomers") == 1  # in case that the jobs were lost
    steps.compare_newcomers(event.pk)
    assert newcomers() == {"mallory"}
    assert "picprocure.announce" in jobs
    jobs.clear()
    steps.compare_newcomers(event.pk)
    assert Collision.objects.count() == 1
    assert jobs == []


def test_face_is_not_used_before_it_was_compared(world: World, monkeypatch: Any) -> None:
    """A person joins while the event is being sorted, after its faces were compared."""
    reopen(world.event)
    thief = new_user("thief", fakes.BOB)
    compare = collisions.record_collisions

    def compare_and_join(event: Event, **options: Any) -> frozenset[UUID]:
        result = compare(event, **options)
        if not thief.registrations.exists():
            join(thief, event)
        return result

    monkeypatch.setattr("picprocure.recognition.sorting.record_collisions", compare_and_join)
    computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
    registration = thief.registrations.get()
    assert registration.status == Registration.Status.ADMITTED
    assert registration.pk not in {person.key for person in computed.people.people}
    request_sorting(world.event.pk)
    work_off()
    assert names_for(thief, world.event) == []
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert "thief" in newcomers()


def test_face_that_gets_consent_during_a_comparison_is_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without consent it is not compared, and its row waits already."""
    reopen(world.event)
    thief = thief_of_bob()
    changes.join_event(user=thief, event=world.event, consent=None)
    assert FaceToCompare.objects.count() == 1
    read = registered_faces.faces_in_order

    def read_and_consent(event: Event, **options: Any) -> list[RegisteredFace]:
        faces = read(event, **options)
        if not EventConsent.objects.filter(registration__user=thief).exists():
            join(thief, event)
        return faces

    monkeypatch.setattr(collisions, "faces_in_order", read_and_consent)
    sort(world.event)
    assert names_for(thief, world.event) == []
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert FaceToCompare.objects.count() == 1
    sort(world.event)
    assert names_for(thief, world.event) == []
    assert newcomers() == {"thief"}


def test_face_that_another_worker_compares_with_people_is_compared_with_photos_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cut out of a photo, and joins after the sorting searched for such faces."""
    reopen(world.event)
    faces = EventFaces(world.event, engine_version=fakes.StripeEngine.version)
    (cut_out,) = world.strangers_photo.faces.values_list("pk", flat=True)[:1]
    thief = new_user("thief", fakes.STRANGER)
    use_as_reference(thief, faces.embeddings[faces.keys.index(cut_out)])
    search = collisions.record_copies

    def search_and_join(*arguments: Any) -> frozenset[UUID]:
        found = search(*arguments)
        if not thief.registrations.exists():
            join(thief, world.event)
            steps.compare_newcomers(world.event.pk)
        return found

    monkeypatch.setattr("picprocure.recognition.sorting.record_copies", search_and_join)
    sort(world.event)
    assert names_for(thief, world.event) == []
    sort(world.event)
    assert names_for(thief, world.event) == []
    assert newcomers() == {"thief"}


def test_refused_person_who_is_admitted_during_a_sorting_is_compared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen(world.event)
    thief = thief_of_bob()
    registration = join(thief, world.event)
    changes.refuse(registration)
    steps.compare_newcomers(world.event.pk)
    search = collisions.record_copies

    def search_and_admit(*arguments: Any) -> frozenset[UUID]:
        found = search(*arguments)
        reference_ids = thief.references.values_list("pk", flat=True)
        changes.admit(registration=registration, reference_ids=reference_ids, though_refused=True)
        return found

    monkeypatch.setattr("picprocure.recognition.sorting.record_copies", search_and_admit)
    sort(world.event)
    assert names_for(thief, world.event) == []
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    steps.compare_newcomers(world.event.pk)
    assert newcomers() == {"thief"}


def test_sorting_compares_those_whom_no_job_compared(
    event: Event, make_user: Callable[..., User]
) -> None:
    open_to_all(event)
    bob, mallory = make_user("bob", fakes.BOB), make_user("mallory", fakes.BOB)
    join(bob, event)
    join(mallory, event)
    close_registration(event=event)
    photo = upload(event, fakes.stripes(fakes.BOB), "bob.png")
    steps.analyze_photo(photo.pk)
    steps.sort_event(event.pk)
    assert names_for(bob, event) == ["bob.png"]
    assert names_for(mallory, event) == []
    assert not FaceToCompare.objects.exists()


LOSSES: dict[str, Callable[[User, Event], object]] = {
    "withdraws": lambda user, event: changes.withdraw(user),
    "leaves": lambda user, event: changes.leave_event(event=event, user=user),
    "deletes the photo": lambda user, event: changes.delete_reference(
        user=user, reference=user.references.get()
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_newcomer_waits_even_if_the_owner_goes_before_the_comparison(
    loss: str, event: Event, make_user: Callable[..., User]
) -> None:
    bob, mallory = make_user("bob", fakes.BOB), make_user("mallory", fakes.BOB)
    join(bob, event)
    join(mallory, event)
    LOSSES[loss](bob, event)
    assert newcomers() == {"mallory"}


@pytest.mark.parametrize("loss", LOSSES)
def test_collision_that_a_job_records_during_a_loss_is_recorded_once(
    loss: str,
    event: Event,
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bob, mallory = make_user("bob", fakes.BOB), make_user("mallory", fakes.BOB)
    join(bob, event)
    join(mallory, event)
    compare, jobs = collisions._similar_people, [steps.compare_newcomers]

    def compare_beside_job(*arguments: Any) -> Any:
        found = compare(*arguments)
        while jobs:
            jobs.pop()(event.pk)
        return found

    monkeypatch.setattr(collisions, "_similar_people", compare_beside_job)
    LOSSES[loss](bob, event)
    assert Collision.objects.count() == 1


def test_added_reference_is_not_used_before_it_was_compared(world: World) -> None:
    changes.add_reference(
        user=world.charlie,
        reference=store_reference(reference_photo(fakes.CHARLIE)),
        consent_version=CURRENT_CONSENT.version,
    )
    added = Reference.objects.latest("created_at")
    changes.admit(registration=world.charlie.registrations.get(), reference_ids=[added.pk])
    compared = world.charlie.registrations.get().reference_admissions.all()
    assert added not in {row.reference for row in compared.model.objects.compared()}
    steps.compare_newcomers(world.event.pk)
    assert added in {row.reference for row in compared.model.objects.compared()}


@pytest.mark.django_db(transaction=True)
def test_two_who_join_at_the_same_moment_with_one_face_are_noticed(
    event: Event,
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each of two threads joins, and does the job of its join as soon as it committed."""
    open_to_all(event)
    people = [make_user(name, fakes.BOB) for name in ("first", "second")]
    at_once = threading.Barrier(2)

    def join_and_compare(user: User) -> None:
        try:
            at_once.wait(timeout=60)
            join(user, event)
            steps.compare_newcomers(event.pk)
        finally:
            connection.close()

    def outcome() -> tuple[int, list[set[int]], int]:
        try:
            admitted = Registration.objects.filter(status=Registration.Status.ADMITTED).count()
            pairs = Collision.objects.values_list("newcomer", "other")
            return admitted, [set(pair) for pair in pairs], FaceToCompare.objects.count()
        finally:
            connection.close()

    with database_for_threads(monkeypatch, tmp_path), ThreadPoolExecutor(2) as threads:
        list(threads.map(join_and_compare, people))
        assert threads.submit(outcome).result() == (2, [{user.pk for user in people}], 0)
