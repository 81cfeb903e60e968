"""What a job costs beside its work, and what the clock's jobs cost on a site with many events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from celery.fixups.django import DjangoWorkerFixup
from celery.signals import task_postrun, task_prerun
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import fakes
from conftest import World, upload
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.pipeline import maintenance, steps, worker_connections
from picprocure.storage import claims
from threads import database_for_threads

MAX_QUERIES = 10
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def queries_of(call: Callable[[], object]) -> list[str]:
    """Return the statements of a call, without those that only begin and end transactions."""
    with CaptureQueriesContext(connection) as captured:
        call()
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(TRANSACTION)]


def test_analysis_takes_few_queries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It claims, reads, lists and keeps renditions, finishes, adds faces, requests a sorting."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **_: call())
    photos = [upload(world.event, fakes.stripes(fakes.BOB, serial=number)) for number in (1, 2)]
    first, last = (queries_of(partial(steps.analyze_photo, photo.pk)) for photo in photos)
    assert len(first) <= MAX_QUERIES, "\n".join(first)
    assert len(last) <= MAX_QUERIES, "\n".join(last)
    assert not Photo.objects.waiting().exists()


def test_claim_renewed_by_its_thread_opens_no_connection_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(claims, "renew", lambda *_, **__: opened.append(1))
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=1))
    steps.analyze_photo(photo.pk)
    assert not opened


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_kept", [True, False])
def test_worker_keeps_its_connection_from_job_to_job(
    is_kept: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = Celery("worker", set_as_current=False)
    between_jobs: list[Callable[[], None]] = []
    for signal in (task_prerun, task_postrun):
        monkeypatch.setattr(signal, "connect", between_jobs.append)

    def is_the_same_after_a_job() -> bool:
        if is_kept:
            worker_connections.keep_connections(app)
        connection.ensure_connection()
        opened = connection.connection
        for call in (DjangoWorkerFixup(app).close_database, *between_jobs):
            call()
        is_same = connection.connection is opened
        connection.close()
        return is_same

    with database_for_threads(monkeypatch, tmp_path), ThreadPoolExecutor(1) as thread:
        assert thread.submit(is_the_same_after_a_job).result() is is_kept


def many_events(creator: User, count: int) -> None:
    """Create events that have nothing to do."""
    now = timezone.now()
    Event.objects.bulk_create(
        Event(
            creator=creator,
            name=f"Event {number}",
            registration_closes_at=now + timedelta(hours=1),
            expires_at=now + timedelta(days=2),
        )
        for number in range(count)
    )


def test_sweep_asks_the_same_on_a_site_with_many_events(world: World) -> None:
    maintenance.sweep()
    few = queries_of(maintenance.sweep)
    many_events(world.alice, 50)
    assert len(queries_of(maintenance.sweep)) == len(few)


def test_announcements_look_at_some_events_of_a_large_site(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_events(event.creator, 11)
    events = Event.objects.live()
    assert {events.some(12).count(), events.some(100).count()} == {12}
    looks = [set(events.some(3).values_list("pk", flat=True)) for _ in range(200)]
    assert {len(look) for look in looks} == {3}
    assert set.union(*looks) == set(events.values_list("pk", flat=True))
