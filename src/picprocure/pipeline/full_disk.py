"""Space on a full disk for queueing the job that frees space."""

from __future__ import annotations

from celery.signals import before_task_publish

from picprocure.storage import reserve


def make_room(**_: object) -> None:
    """Release the reserve if needed, so that the sweep can be queued, which frees space."""
    if reserve.is_needed():
        reserve.release()


before_task_publish.connect(make_room, sender="picprocure.sweep")
