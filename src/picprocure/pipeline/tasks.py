"""What the queue carries: names and ids, nothing else.

A task finds its row or leaves quietly, calls one step, and does no harm when run twice.
"""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from picprocure.pipeline import steps, upkeep


@shared_task(name="picprocure.analyze_photo")
def analyze_photo(photo_id: str) -> None:
    steps.analyze_photo(UUID(photo_id))


@shared_task(name="picprocure.sort_event")
def sort_event(event_id: str) -> None:
    steps.sort_event(UUID(event_id))


@shared_task(name="picprocure.sweep")
def sweep() -> None:
    upkeep.sweep()
