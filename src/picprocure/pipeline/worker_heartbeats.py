"""Heartbeats of a worker: for the watching process, and in the database for operators.

An idle worker sends itself a job through the queue. If it receives the job, the broker, the queue
and the main thread work. A worker that takes no job although jobs wait in its queues ends. A worker
that has a job sends heartbeats from a thread, up to the job's time limit. Another thread writes to
the database for operators, since a locked database blocks it.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from celery.exceptions import Reject
from celery.signals import (
    task_postrun,
    task_prerun,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from celery.utils.nodenames import worker_direct
from celery.worker import state
from django.conf import settings
from django.db import DatabaseError, Error, connection
from django.utils import timezone

from picprocure.pipeline import broker, heartbeats, supervisor_pipe, worker_loss
from picprocure.pipeline.app import app
from picprocure.pipeline.folder_queue import ends_as_requested
from picprocure.pipeline.models import Heartbeat
from picprocure.recognition.sorting_memory import MEMORY
from picprocure.storage import availability, claims

logger = logging.getLogger(__name__)

HEARTBEAT: Final = "picprocure.heartbeat"
RECORD_SECONDS: Final = 10.0  # at most one write in this time
LATE_SECONDS: Final = 20.0  # after this, a heartbeat counts as lost, and another is sent
# How long a worker that has to end may finish its job. The supervisor waits a little longer.
FINISH_SECONDS: Final = 20.0
OUTAGE_SECONDS: Final = 2.0  # between two looks whether the database and the store answer
STARVED_SECONDS: Final = 20.0  # an idle worker takes a waiting job within less than a second


@dataclass
class _Worker:
    """This process, if it is a worker."""

    name: str = ""
    queues: tuple[str, ...] = ()  # that it shares with other workers
    job: str = ""
    begin: tuple[str, ...] = ()  # the last message about the beginning of a job
    looked_at: float = 0.0  # when it last looked for waiting jobs
    starves: bool = False  # whether jobs waited then, and it has begun none since
    since: datetime | None = None
    waits: bool = False  # for the end of an outage
    sent_at: float | None = None
    is_replaced: bool = False  # by another one with the same name
    has_ended: bool = False
    lives: threading.Event = field(default_factory=threading.Event)  # set until it is recorded


_worker = _Worker()


def begin(sender: Any, **_: object) -> None:
    """Start the heartbeats once the worker is ready to take jobs."""
    _worker.name = sender.hostname
    own = worker_direct(sender.hostname).name
    names = (queue.name for queue in sender.task_consumer.queues)
    _worker.queues = tuple(name for name in names if name != own)
    try:
        worker_loss.recover_lost_job(os.environ.pop(supervisor_pipe.LOST_JOB, None))
    except Exception:
        logger.exception("The previous worker's job waits until its lease runs out.")
    finally:
        connection.close()
    _worker.lives.set()
    for loop in (_report_forever, _record_forever):
        threading.Thread(target=loop, daemon=True).start()


def before_job(task: Any, args: Any, **_: object) -> None:
    if task.name != HEARTBEAT:
        _worker.job, _worker.since, _worker.starves = task.name, timezone.now(), False
        _worker.begin = (supervisor_pipe.BEGIN, task.name, *(str(argument) for argument in args))
        supervisor_pipe.say(*_worker.begin)


def after_job(task: Any, **_: object) -> None:
    _worker.job, _worker.since = "", None
    if task.name != HEARTBEAT:
        supervisor_pipe.say(supervisor_pipe.END)
    if _used_kilobytes() > settings.WORKER_KILOBYTES and _is_alone():
        supervisor_pipe.say(supervisor_pipe.LEAVING)
        _worker.is_replaced = True
        state.should_stop = 0  # end after this job; the watching process starts another worker


def waited_for_end_of_outage(error: Exception) -> bool:
    """Wait until the database and the store answer. This time doesn't count for the job's limit.

    Returns:
        Whether there was an outage, so that it makes sense to do the job again.

    Raises:
        Reject: The worker was requested to end. The job goes back to the queue.
    """
    if not _worker.job or availability.everything_answers():
        return False
    logger.warning("The database or the store failed (%s). The job waits.", type(error).__name__)
    _worker.waits = True
    supervisor_pipe.say(supervisor_pipe.END)
    try:
        while not availability.everything_answers():
            if ends_as_requested():
                raise Reject(error, requeue=True)
            time.sleep(OUTAGE_SECONDS)
    finally:
        _worker.waits = False
        supervisor_pipe.say(*_worker.begin)
    return True


def heartbeat_received() -> None:
    """Handle a heartbeat that this worker received through the queue."""
    _worker.sent_at = None
    supervisor_pipe.say(supervisor_pipe.BEAT)
    _worker.lives.set()


def limit_last_job(**_: object) -> None:
    """Give the worker some time to finish its job, now that a signal asked it to end."""
    threading.Thread(target=_give_up_job, daemon=True).start()


def _give_up_job() -> None:
    time.sleep(FINISH_SECONDS)
    logger.warning("A job could not be finished in time. It will be done again.")
    claims.give_back_all()
    end()
    os._exit(0)


def end(**_: object) -> None:
    """Remove the record of this worker, which operators would miss signs of life from."""
    _worker.has_ended = True
    if _worker.name and not _worker.is_replaced:
        with suppress(Error):
            Heartbeat.objects.filter(pk=_worker.name).delete()


def _report_forever() -> None:
    while True:
        if _worker.job:
            is_waiting = _worker.waits
            supervisor_pipe.say(supervisor_pipe.BEAT if is_waiting else supervisor_pipe.WORKING)
            _worker.lives.set()
        else:
            if _worker.sent_at is None or time.monotonic() - _worker.sent_at > LATE_SECONDS:
                _send()
            _end_if_starving()
        time.sleep(supervisor_pipe.TICK_SECONDS)


def _end_if_starving() -> None:
    """End this process if it takes no job although jobs wait, so that another replaces it."""
    if time.monotonic() - _worker.looked_at < STARVED_SECONDS:
        return
    _worker.looked_at = time.monotonic()
    starved = _worker.starves
    _worker.starves = any(broker.waiting_messages(queue) for queue in _worker.queues)
    if starved and _worker.starves and not _worker.job:
        logger.error("Jobs are waiting, and this worker takes none. It ends.")
        os._exit(1)


def _send() -> None:
    _worker.sent_at = time.monotonic()
    try:
        app.send_task(HEARTBEAT, queue=worker_direct(_worker.name), expires=LATE_SECONDS)
    except Exception as error:  # noqa: BLE001 -- the broker's library may raise anything
        logger.warning("A heartbeat can't be queued: %s.", type(error).__name__)


def _record_forever() -> None:
    while True:
        _worker.lives.wait()
        _worker.lives.clear()
        _record()
        time.sleep(RECORD_SECONDS)


def _record() -> None:
    """Record a heartbeat. If the database doesn't answer, the worker still counts as alive."""
    if _worker.has_ended:
        return
    try:
        heartbeats.note(_worker.name, job=_worker.job, since=_worker.since)
    except DatabaseError as error:
        logger.warning("A sign of life could not be stored: %s.", type(error).__name__)
    finally:
        connection.close()


def _used_kilobytes() -> int:
    """Return the memory of this process, without what it keeps of the events it sorted."""
    return _resident_kilobytes() - MEMORY.nbytes // 1024


def _resident_kilobytes() -> int:
    """Return the memory that this process has now, or had at most where that can't be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
    return pages * resource.getpagesize() // 1024


def _is_alone() -> bool:
    """Return whether the worker runs jobs itself, as all workers of `picprocure up` do."""
    return bool(_worker.name)


worker_ready.connect(begin)
task_prerun.connect(before_job)
task_postrun.connect(after_job)
worker_shutting_down.connect(limit_last_job)
worker_shutdown.connect(end)
