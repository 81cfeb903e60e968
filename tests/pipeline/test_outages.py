"""What workers do while the database, the store or the broker doesn't answer."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery.exceptions import Reject
from celery.worker import state
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

import fakes
from browser.patience import free_port, wait_for
from conftest import upload
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.photos import services
from picprocure.photos.models import Photo
from picprocure.pipeline import (
    broker,
    maintenance,
    steps,
    supervisor_pipe,
    tasks,
    turns,
    worker_heartbeats,
)
from picprocure.pipeline.app import app
from picprocure.storage import availability, claims, files
from picprocure.storage.errors import StoreUnavailable


class Outage:
    """The store fails until it was asked a few times whether it answers again."""

    def __init__(self, *, asks: int) -> None:
        self.asks_left = asks

    @property
    def lasts(self) -> bool:
        return self.asks_left > 0

    def is_stored(self, _key: str) -> bool:
        self.asks_left -= 1
        if self.lasts:
            raise StoreUnavailable("S3: ClientError.")
        return False


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    outage = Outage(asks=4)
    monkeypatch.setattr(files, "is_stored", outage.is_stored)
    monkeypatch.setattr(worker_heartbeats, "OUTAGE_SECONDS", 0.0)
    return outage


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make this process a worker, and return what it says to the process that watches it."""
    words: list[str] = []
    monkeypatch.setattr(supervisor_pipe, "say", lambda *said: words.append(" ".join(said)))
    worker = worker_heartbeats._Worker(name="worker1@here", queues=("celery",))
    monkeypatch.setattr(worker_heartbeats, "_worker", worker)
    return words


@pytest.fixture
def photo(event: Event) -> Photo:
    close_registration(event=event)
    return upload(event, fakes.stripes(fakes.BOB))


def begin(photo_id: object) -> None:
    worker_heartbeats.before_job(tasks.analyze_photo, [photo_id])


@pytest.mark.django_db
def test_photo_waits_for_the_store_and_keeps_its_attempts(
    photo: Photo, outage: Outage, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services.store_renditions
    tries = []

    def fail_during_outage(*arguments: Any, **options: Any) -> Any:
        tries.append(outage.lasts)
        if outage.lasts:
            raise StoreUnavailable("S3: ClientError.")
        return store(*arguments, **options)

    monkeypatch.setattr(steps, "store_renditions", fail_during_outage)
    begin(photo.pk)
    tasks.analyze_photo(str(photo.pk))
    assert tries == [True, False]
    photo.refresh_from_db()
    assert photo.status == Photo.Status.ANALYZED
    assert (photo.attempts, photo.errors) == (1, 0)
    # While it waits, the watching process sees no job, so its time limit doesn't count.
    job = f"begin picprocure.analyze_photo {photo.pk}"
    assert sent == [job, "end", job]


def test_worker_that_must_end_during_an_outage_puts_its_job_back(
    outage: Outage, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: UUID) -> None:
        raise StoreUnavailable("S3: ClientError.")

    monkeypatch.setattr(steps, "analyze_photo", fail)
    monkeypatch.setattr(state, "should_stop", 0)
    monkeypatch.setattr(availability, "_database_answers", lambda: True)
    begin(uuid4())
    with pytest.raises(Reject) as rejected:
        tasks.analyze_photo(str(uuid4()))
    assert rejected.value.requeue
    assert outage.lasts


@pytest.mark.django_db
def test_error_of_a_store_that_answers_is_counted(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("S3: ClientError.")

    monkeypatch.setattr(steps, "store_renditions", fail)
    with pytest.raises(StoreUnavailable):
        steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert (photo.attempts, photo.errors) == (1, 1)


@pytest.mark.django_db(transaction=True)  # a thread ends the claim
def test_claim_ends_once_the_database_answers_again(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = claims.claim(Photo.objects.waiting(), photo.pk, lease=settings.LEASE)
    assert row
    finish, tries = claims.finish, []

    def fail_twice(*arguments: Any, **changes: Any) -> bool:
        tries.append(changes)
        if len(tries) <= 2:
            raise OperationalError("the connection is closed")
        return finish(*arguments, **changes)

    monkeypatch.setattr(claims, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(claims, "finish", fail_twice)
    monkeypatch.setattr(availability, "everything_answers", lambda: False)
    with pytest.raises(OperationalError, match="shutting down"):  # noqa: SIM117
        with claims.working_on(row, lease=settings.LEASE):
            raise OperationalError("shutting down")
    wait_for(lambda: Photo.objects.filter(pk=photo.pk, claim=None).exists(), "no claim")
    photo.refresh_from_db()
    assert (photo.attempts, photo.errors, photo.queued_at) == (0, 0, None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_lost_connection_is_an_outage_although_the_database_answers_again() -> None:
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert not availability.everything_answers()
    assert availability.everything_answers()


@pytest.mark.django_db
@pytest.mark.parametrize(("in_queue", "requeued"), [(0, 1), (1, 0)])
def test_job_is_lost_when_no_job_is_in_the_queue(
    in_queue: int, requeued: int, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        broker, "waiting_messages", lambda queue: in_queue if queue == turns.BULK else 0
    )
    Photo.objects.update(queued_at=timezone.now() - 2 * maintenance.TAKEN_WITHIN)
    assert maintenance.requeue() == requeued


@pytest.mark.django_db
def test_no_job_is_lost_because_the_broker_does_not_answer(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "waiting_messages", lambda _: None)
    Photo.objects.update(queued_at=timezone.now() - 2 * maintenance.TAKEN_WITHIN)
    assert maintenance.requeue() == 0


def test_waiting_messages_are_counted() -> None:
    before = broker.waiting_messages("celery")
    assert before is not None
    app.send_task("picprocure.analyze_photo", [str(uuid4())], queue="celery")
    assert broker.waiting_messages("celery") == before + 1
    with app.connection_for_read() as connected:
        connected.default_channel.queue_purge("celery")


def test_waiting_messages_of_a_broker_that_does_not_answer_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.conf, "broker_read_url", f"amqp://127.0.0.1:{free_port()}//")
    assert broker.waiting_messages("celery") is None


def test_worker_ends_if_it_takes_no_job_while_jobs_wait(
    sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    monkeypatch.setattr(broker, "waiting_messages", lambda _: 1)

    def look() -> list[int]:
        monkeypatch.setattr(
            worker_heartbeats._worker, "looked_at", time.monotonic() - 3600, raising=True
        )
        worker_heartbeats._end_if_starving()
        return ends

    assert look() == []  # the job may just have come
    begin(uuid4())
    worker_heartbeats.after_job(tasks.analyze_photo)
    assert look() == []  # it took one since
    assert look() == [1]


def test_idle_worker_does_not_end(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "_exit", pytest.fail)
    monkeypatch.setattr(broker, "waiting_messages", lambda _: 0)
    for _ in range(3):
        worker_heartbeats._worker.looked_at = time.monotonic() - 3600
        worker_heartbeats._end_if_starving()
