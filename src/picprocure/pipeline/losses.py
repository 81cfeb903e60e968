"""A worker's main process sees at once when one of its children died, and over which row.

Without this, the row would wait until its lease runs out; with it, for about a second. If the main
process dies, too, or can't reach the database, the lease does run out: nothing depends on this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure, worker_ready
from django.db import connection

from picprocure.photos import work
from picprocure.photos.models import Photo
from picprocure.pipeline import upkeep
from picprocure.pipeline.queue import queue_analysis, queue_sorting
from picprocure.recognition.models import Sorting

logger = logging.getLogger(__name__)


def _photo_lost(photo_id: UUID) -> None:
    if work.abandon(Photo.objects.waiting(), photo_id):
        queue_analysis(photo_id)


def _sorting_lost(event_id: UUID) -> None:
    if work.abandon(Sorting.objects.wanted(), event_id):
        queue_sorting(event_id)


_BY_TASK: Final[dict[str, Callable[[UUID], None]]] = {
    "picprocure.analyze_photo": _photo_lost,
    "picprocure.sort_event": _sorting_lost,
}


def give_back(sender: Any, exception: BaseException, args: Sequence[str] = (), **_: object) -> None:
    """End the claim of a child that was lost, and queue its job again.

    Should the claim be somebody else's by now, then that one's result is not taken: no harm, for
    every job may run twice.
    """
    lost = _BY_TASK.get(sender.name)
    if lost is None or not isinstance(exception, (WorkerLostError, TimeLimitExceeded)):
        return
    logger.warning("A worker process was lost over %s(%s).", sender.name, args[0])
    try:
        lost(UUID(args[0]))
    finally:
        connection.close()  # the children that are forked from here must not find it open


def begin(**_: object) -> None:
    """A worker's main process is ready."""
    try:
        upkeep.requeue_after_a_death()
    finally:
        connection.close()


task_failure.connect(give_back)
worker_ready.connect(begin)
