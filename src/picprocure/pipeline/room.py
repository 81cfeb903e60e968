"""Room on a full disk for the job that makes room."""

from __future__ import annotations

from celery.signals import before_task_publish

from picprocure.storage import reserve


def make_room(**_: object) -> None:
    """The sweep frees room, but to ask for it takes some."""
    if reserve.is_needed():
        reserve.release()


before_task_publish.connect(make_room, sender="picprocure.sweep")
