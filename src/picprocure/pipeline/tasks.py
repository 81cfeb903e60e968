"""The jobs. Each finds its row or ends quietly, calls one step, and may run twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from celery import shared_task

from picprocure.galleries import publishing
from picprocure.notifications import delivery
from picprocure.pipeline import full_disk, maintenance, steps, trials, worker_heartbeats
from picprocure.pipeline.queue import queue_mails
from picprocure.storage.outages import Outage, outage_of

__all__ = [
    "analyze_photo",
    "announce",
    "compare_newcomers",
    "full_disk",
    "heartbeat",
    "publish",
    "send_mails",
    "sort_event",
    "sweep",
    "sweep_orphans",
    "try_sorting",
]

logger = logging.getLogger(__name__)

# A process that can't do its jobs takes them slowly. Otherwise, it would take them from others.
IDLE_SECONDS: Final = 2.0


@shared_task(name="picprocure.analyze_photo")
def analyze_photo(photo_id: str) -> None:
    _do(lambda: steps.analyze_photo(UUID(photo_id)))


@shared_task(name="picprocure.sort_event")
def sort_event(event_id: str) -> None:
    _do(lambda: steps.sort_event(UUID(event_id)))


@shared_task(name="picprocure.try_sorting")
def try_sorting(event_id: str) -> None:
    _do(lambda: trials.try_sorting(UUID(event_id)))


@shared_task(name="picprocure.compare_newcomers")
def compare_newcomers(event_id: str) -> None:
    _do(lambda: steps.compare_newcomers(UUID(event_id)))


@shared_task(name="picprocure.sweep")
def sweep() -> None:
    _do(maintenance.sweep)


@shared_task(name="picprocure.sweep_orphans")
def sweep_orphans() -> None:
    _do(maintenance.sweep_orphans)


@shared_task(name="picprocure.announce")
def announce(event_id: str) -> None:
    _do(lambda: steps.announce(UUID(event_id)))


@shared_task(name="picprocure.publish")
def publish(event_id: str) -> None:
    _do(lambda: publishing.publish(UUID(event_id)))


@shared_task(name="picprocure.send_mails")
def send_mails() -> None:
    """Send a few mails at a time, so that other jobs of the same queue get their turn."""
    _do(_send_mails)


def _send_mails() -> None:
    if delivery.deliver_due():
        queue_mails()


@shared_task(name=worker_heartbeats.HEARTBEAT)
def heartbeat() -> None:
    worker_heartbeats.heartbeat_received()


def _do(job: Callable[[], object]) -> None:
    """Do a job, or leave it to other workers if this process can't do it now, and log why.

    If the database or the store doesn't answer, the job waits and is tried again. Until then, the
    worker takes no other job: each would fail, and its message would be lost.
    """
    try:
        _do_after_outage(job)
    except steps.OutdatedEngine as outdated:
        logger.error("%s", outdated)  # noqa: TRY400 -- a trace would not help
        time.sleep(IDLE_SECONDS)
    except Exception as error:
        trouble = outage_of(error)
        if trouble is None or not trouble.lasts:
            raise
        reason = "The disk is full" if trouble is Outage.DISK_FULL else "The keys can't be used"
        logger.error("%s; the job waits.", reason)  # noqa: TRY400
        time.sleep(IDLE_SECONDS)


def _do_after_outage(job: Callable[[], object]) -> None:
    """Do a job. If an outage interrupts it, do it again once after the outage."""
    try:
        job()
    except Exception as error:
        may_wait = outage_of(error) is Outage.UNAVAILABLE
        if not (may_wait and worker_heartbeats.waited_for_end_of_outage(error)):
            raise
        job()
