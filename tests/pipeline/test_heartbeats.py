"""Heartbeats: what operators see of workers, clock and jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from conftest import World, work_off
from picprocure.photos.models import Photo
from picprocure.pipeline import (
    heartbeats,
    maintenance,
    supervisor_pipe,
    tasks,
    worker_heartbeats,
)
from picprocure.pipeline.app import app
from picprocure.pipeline.clock import Clock
from picprocure.pipeline.heartbeats import health
from picprocure.pipeline.models import CLOCK, Heartbeat
from picprocure.retention import orphans

pytestmark = pytest.mark.django_db


@pytest.fixture
def working(world: World) -> World:
    heartbeats.note("worker1@here")
    maintenance.sweep()
    return world


def _age(name: str, **by: float) -> None:
    Heartbeat.objects.filter(pk=name).update(at=timezone.now() - timedelta(**by))


def _wait_since(**ago: float) -> None:
    Photo.objects.update(
        status=Photo.Status.WAITING,
        uploaded_at=timezone.now() - timedelta(**ago),
        analyzed_at=None,
        queued_at=timezone.now(),
    )


def test_working_site_has_no_problems(working: World) -> None:
    assert health().problems == []
    assert [worker.name for worker in health().workers] == ["worker1@here"]
    assert health().clock_at is not None
    assert health().swept_at is not None


@pytest.mark.parametrize(
    ("harm", "start"),
    [
        (lambda: _age("worker1@here", minutes=5), "No worker has given a sign of life"),
        (lambda: Heartbeat.objects.workers().delete(), "No worker has given a sign of life"),
        (lambda: _age(CLOCK, minutes=5), "The clock's jobs don't run"),
        (lambda: Heartbeat.objects.filter(pk=CLOCK).delete(), "The clock's jobs don't run"),
        (lambda: _wait_since(minutes=5), "4 photos are waiting, and no worker has taken one"),
    ],
)
def test_stalled_part_is_a_problem(harm: Callable[[], None], start: str, working: World) -> None:
    harm()
    assert any(problem.startswith(start) for problem in health().problems), health().problems


def test_silent_worker_is_named(working: World) -> None:
    heartbeats.note("worker2@here")
    _age("worker2@here", minutes=5)
    (problem,) = health().problems
    assert problem.startswith("worker2@here gave its last sign of life at ")


def test_new_photos_and_photos_in_work_are_no_problem(working: World) -> None:
    _wait_since(seconds=30)
    assert health().problems == []
    _wait_since(minutes=5)
    Photo.objects.filter(pk=working.bobs_photo.pk).update(
        claimed_until=timezone.now() + timedelta(minutes=1)
    )
    assert health().problems == []


def test_sweep_logs_that_no_worker_takes_photos(
    working: World, caplog: pytest.LogCaptureFixture
) -> None:
    _wait_since(minutes=5)
    maintenance.sweep()
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert "4 photos are waiting, and no worker has taken one for two minutes." in warnings
    work_off()
    caplog.clear()
    maintenance.sweep()
    assert "wait" not in caplog.text


def test_records_of_old_workers_are_deleted(working: World) -> None:
    heartbeats.note("worker9@gone")
    _age("worker9@gone", days=2)
    maintenance.sweep()
    assert not Heartbeat.objects.filter(pk="worker9@gone").exists()


def test_orphans_are_searched_for_once_a_day_however_often_the_clock_starts(
    working: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[None] = []
    monkeypatch.setattr(orphans, "sweep_orphans", lambda: looked.append(None))
    maintenance.sweep_orphans()
    maintenance.sweep_orphans()
    assert len(looked) == 1
    _age("orphans", days=1, minutes=1)
    maintenance.sweep_orphans()
    assert len(looked) == 2


def test_operator_sees_workers_clock_and_problems(
    full_world: World, django_assert_max_num_queries: Any
) -> None:
    heartbeats.note("worker1@here", job="picprocure.sort_event", since=timezone.now())
    _wait_since(minutes=5)
    page = full_world.client("operator").get(reverse("operator:index")).content.decode()
    assert "worker1@here" in page
    assert "busy with picprocure.sort_event since" in page
    assert "photos are waiting, and no worker has taken one for two minutes." in page
    for name in ("bob.png", full_world.bob.email, str(full_world.event.pk)):
        assert name not in page


def test_worker_counts_as_alive_while_the_database_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(supervisor_pipe, "say", lambda *words: sent.append(" ".join(words)))
    monkeypatch.setattr(
        worker_heartbeats, "_worker", worker_heartbeats._Worker(name="worker1@here")
    )

    def locked(*_: Any, **__: Any) -> None:
        raise DatabaseError("database is locked by alice@example.org")

    monkeypatch.setattr(heartbeats, "note", locked)
    worker_heartbeats.heartbeat_received()
    assert sent == ["beat"]
    assert "alice" not in caplog.text


@pytest.mark.parametrize(("used", "words"), [(900_000, ["end", "leaving"]), (700_000, ["end"])])
def test_worker_that_uses_much_memory_ends_after_its_job(
    used: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(supervisor_pipe, "say", lambda *words: sent.append(words[0]))
    monkeypatch.setattr(
        worker_heartbeats, "_worker", worker_heartbeats._Worker(name="worker1@here")
    )
    monkeypatch.setattr(worker_heartbeats, "_used_kilobytes", lambda: used)
    monkeypatch.setattr(state, "should_stop", None)
    worker_heartbeats.before_job(tasks.sort_event, ["an-event"])
    worker_heartbeats.after_job(tasks.sort_event)
    assert sent == ["begin", *words]
    assert state.should_stop == (0 if "leaving" in words else None)


def test_what_is_kept_of_events_is_no_reason_to_replace_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = worker_heartbeats._used_kilobytes()
    assert used > 10_000
    kept = 2_000 * used * 1024
    monkeypatch.setattr(worker_heartbeats, "MEMORY", SimpleNamespace(nbytes=kept))
    assert worker_heartbeats._used_kilobytes() < 0


def test_clock_queues_jobs_at_once_and_then_on_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("picprocure.pipeline.clock.time.monotonic", lambda: now)
    sent: list[str] = []
    monkeypatch.setattr(Clock, "apply_entry", lambda _, entry, producer: sent.append(entry.name))
    monkeypatch.setattr(Clock, "producer", None)
    clock = Clock(app)
    assert clock.tick() <= 5
    assert sorted(sent) == ["sweep", "sweep_orphans"]
    for _ in range(4):  # monotonic: setting back the time of day changes nothing
        now += 10
        clock.tick()
    assert sent.count("sweep") == 2
    now += 3600
    clock.tick()
    assert sent.count("sweep_orphans") == 2
