"""A withdrawal and a job that write at once wait for each other, and both end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

import fakes
from conftest import World, upload, work_off
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events import models as events
from picprocure.pipeline import account_changes, changes, steps
from picprocure.pipeline.trials import try_sorting
from picprocure.recognition import collisions, face_decisions, match_changes, release_checks
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import (
    CheckedPair,
    Collision,
    Face,
    FaceDecision,
    GroupDecision,
    Match,
    MatchedFace,
)
from picprocure.recognition.sorting import compute_sorting
from picprocure.retention.erasure import erase_account
from threads import some_connection_waits_for_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROW_SECONDS = 0.1


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in threads of their own. Return their results, or raise the first error."""

    def run(job: Callable[[], object]) -> object:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        return [result.result() for result in [threads.submit(run, job) for job in jobs]]


@contextmanager
def slow_cluster_numbers() -> Iterator[None]:
    """Let the database take its time for each cluster number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION slow() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(%s); RETURN NEW; "
            "END $$ LANGUAGE plpgsql",
            [ROW_SECONDS],
        )
        cursor.execute(
            "CREATE TRIGGER slow BEFORE UPDATE ON recognition_face FOR EACH ROW "
            "WHEN (NEW.cluster IS NOT NULL) EXECUTE FUNCTION slow()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER slow ON recognition_face")
            cursor.execute("DROP FUNCTION slow")


def test_cluster_numbers(world: World) -> None:
    """They are written in the order of photos, and forgotten in the order of faces."""
    for serial in range(12):
        upload(world.event, fakes.stripes(fakes.BOB, serial=60 + serial), f"{serial}.png")
    work_off()
    Face.objects.update(cluster=None)
    computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)

    def withdraw() -> None:
        time.sleep(3 * ROW_SECONDS)
        changes.withdraw(world.bob)

    with slow_cluster_numbers():
        is_written, _ = at_once(lambda: write_sorting(computed, is_claimed=lambda: True), withdraw)
    assert is_written
    assert not Face.objects.filter(matches__registration__user=world.bob).exists()


def test_matched_faces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sorting locks the registration before it refers to the person."""
    Match.objects.all().delete()
    MatchedFace.objects.all().delete()
    computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
    is_locked = Event()
    record = match_changes._record_matched_faces

    def record_later(*arguments: Any) -> None:
        is_locked.set()
        time.sleep(0.5)  # in this time, the withdrawal locks the person
        record(*arguments)

    monkeypatch.setattr(match_changes, "_record_matched_faces", record_later)

    def withdraw() -> None:
        assert is_locked.wait(60)
        changes.withdraw(world.bob)

    is_written, _ = at_once(lambda: write_sorting(computed, is_claimed=lambda: True), withdraw)
    assert is_written
    assert not Match.objects.filter(registration__user=world.bob).exists()


@pytest.mark.parametrize("begins", ["is", "no face"])
def test_decision(world: World, monkeypatch: pytest.MonkeyPatch, begins: str) -> None:
    """A host says whose a face is that was matched with the person until then."""
    face = Face.objects.get(photo=world.bobs_photo)
    charlie = world.event.registrations.get(user=world.charlie)
    is_ended, is_withdrawn = Event(), Event()
    end = face_decisions._end_contradicted

    def end_and_wait(*arguments: Any) -> None:
        end(*arguments)
        is_ended.set()
        while not is_withdrawn.wait(0.02) and not some_connection_waits_for_a_lock():
            pass

    monkeypatch.setattr(face_decisions, "_end_contradicted", end_and_wait)

    def decide() -> None:
        answer = FaceDecision.Answer(begins)
        person = charlie if begins == "is" else None
        changes.decide_about_face(face=face, answer=answer, registration=person, host=world.alice)

    def withdraw() -> None:
        assert is_ended.wait(60)
        try:
            changes.withdraw(world.bob)
        finally:
            is_withdrawn.set()

    at_once(decide, withdraw)
    assert not Match.objects.filter(registration__user=world.bob).exists()
    assert FaceDecision.objects.get().answer == begins


def test_account_that_is_named_while_it_is_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion waits for the registration, so the decision must not wait for the account."""
    face = Face.objects.get(photo=world.bobs_photo)
    charlie = world.event.registrations.get(user=world.charlie)
    is_locked, is_deleted = Event(), Event()
    decide_one = face_decisions._decide

    def decide_later(*arguments: Any) -> FaceDecision:
        is_locked.set()
        while not is_deleted.wait(0.02) and not some_connection_waits_for_a_lock():
            pass
        return decide_one(*arguments)

    monkeypatch.setattr(face_decisions, "_decide", decide_later)

    def decide() -> None:
        answer = FaceDecision.Answer.IS
        changes.decide_about_face(face=face, answer=answer, registration=charlie, host=world.alice)

    def delete() -> None:
        assert is_locked.wait(60)
        try:
            account_changes.delete_account(world.charlie)
        finally:
            is_deleted.set()

    at_once(decide, delete)
    assert not FaceDecision.objects.exists()
    assert not Match.objects.filter(face=face).exists()


def test_group_while_the_event_is_edited(world: World) -> None:
    """The edit locks the event, then photos. So a decision about photos must not wait for it."""
    faces = [Face.objects.get(photo=one) for one in (world.bobs_photo, world.doubtful_photo)]

    def decide() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        changes.decide_about_group(event=world.event, same=faces, host=world.alice)

    with transaction.atomic():
        list(events.Event.objects.select_for_update())
        at_once(decide)
    assert GroupDecision.objects.count() == 1


def test_collision(
    event: events.Event, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The withdrawal waits for the job that is recording it, and doesn't record it again."""
    bob, mallory = make_user("bob", fakes.BOB), make_user("mallory", fakes.BOB)
    for user in (bob, mallory):
        changes.join_event(user=user, event=event, consent=EVENT_CONSENT)
    job_records, is_withdrawn = Event(), Event()
    save = collisions._save

    def save_later(collision: Collision) -> None:
        if not job_records.is_set():
            job_records.set()
            while not is_withdrawn.wait(0.02) and not some_connection_waits_for_a_lock():
                pass
        save(collision)

    monkeypatch.setattr(collisions, "_save", save_later)

    def withdraw() -> None:
        assert job_records.wait(60)
        try:
            changes.withdraw(bob)
        finally:
            is_withdrawn.set()

    at_once(lambda: steps.compare_newcomers(event.pk), withdraw)
    assert [(found.newcomer, found.other) for found in Collision.objects.all()] == [(mallory, bob)]


def test_pairs_of_a_check_while_its_host_is_deleted(
    world: World, make_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = make_user("helper")
    events.CoHost.objects.create(event=world.event, user=helper)
    work_off()
    changes.begin_check(event=world.event, host=helper)
    is_drawing = Event()
    make_pair = release_checks._pair

    def make_pair_slowly(*given: Any) -> CheckedPair:
        is_drawing.set()
        time.sleep(3 * ROW_SECONDS)
        return make_pair(*given)

    monkeypatch.setattr(release_checks, "_pair", make_pair_slowly)

    def delete() -> None:
        assert is_drawing.wait(10)
        erase_account(helper)

    at_once(lambda: try_sorting(world.event.pk), delete)
    assert not CheckedPair.objects.exists()
