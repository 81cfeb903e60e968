"""The first task of a worker that replaces a dead one: queue the dead worker's job again.

Without this, the row would wait until its lease runs out. Nothing depends on it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from picprocure.notifications.models import MailServer
from picprocure.photos.models import Photo
from picprocure.pipeline import maintenance, turns
from picprocure.pipeline.queue import queue_mails, queue_sorting, queue_trial
from picprocure.recognition.models import Sorting, TrialSorting
from picprocure.storage import claims

logger = logging.getLogger(__name__)


def _photo_lost(photo_id: UUID) -> None:
    if claims.abandon(Photo.objects.waiting(), photo_id):
        turns.queue_again(photo_id)


def _sorting_lost(event_id: UUID) -> None:
    if claims.abandon(Sorting.objects.pending(), event_id):
        queue_sorting(event_id)


def _trial_lost(event_id: UUID) -> None:
    if claims.abandon(TrialSorting.objects.pending(), event_id):
        queue_trial(event_id)


def _sender_lost() -> None:
    if claims.abandon(MailServer.objects.all(), MailServer.singleton().pk):
        queue_mails()


_BY_TASK: Final[dict[str, Callable[..., None]]] = {
    "picprocure.analyze_photo": _photo_lost,
    "picprocure.sort_event": _sorting_lost,
    "picprocure.try_sorting": _trial_lost,
    "picprocure.send_mails": _sender_lost,
}


def recover_lost_job(lost_job: str | None) -> None:
    """Queue the job of the previous worker again, or the jobs that it may have had.

    Args:
        lost_job: The name of the job and its row. Empty if the worker had begun no job. None if
            there was no previous worker, or if it ended without an error.
    """
    if lost_job is None:
        return
    if lost_job:
        give_back(*lost_job.split())
    else:
        maintenance.requeue_after_worker_loss()


def give_back(task: str, *row_ids: str) -> None:
    """End the claim of a worker that died, and queue its job again.

    If another worker has already claimed the row, its result is lost. The job then runs again.
    """
    lost = _BY_TASK.get(task)
    if lost is not None:
        logger.warning("A worker died during %s(%s).", task, ", ".join(row_ids))
        lost(*map(UUID, row_ids))
