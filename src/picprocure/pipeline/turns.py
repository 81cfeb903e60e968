"""Events take turns: of each event, only a few photos are in the queue at a time.

A queue gives out jobs in the order in which they came. So when a worker claims a photo, the next
photo of the same event goes to the end of the queue, behind the photos of all other events. An
event with three photos waits for a few photos of each other event, however many they have.

The database knows which photos wait (`Photo.status`), and which of them are in the queue
(`Photo.queued_at`). If jobs are lost, the sweep fills the queue again (`maintenance.requeue`).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.pipeline.app import app
from picprocure.storage import claims
from picprocure.storage.claims import unclaimed

BULK: Final = "celery"
INTERACTIVE: Final = "interactive"

IN_QUEUE: Final = 4
"""Photos of an event that are in the queue. Workers that come at once find one each."""

LOST_AFTER: Final = timedelta(minutes=1)
"""A photo that is in the queue for this long may have lost its job. If it has not, it is queued
twice, which only costs a query. After an error, a photo waits as long."""

FEW: Final = 2
"""With at most this many waiting photos, an event has nothing to take turns with."""


def queue_photos(event_id: UUID) -> None:
    """Queue the first waiting photos of an event once the current transaction commits."""
    transaction.on_commit(lambda: fill(event_id), robust=True)


def with_following(photos: PhotoQuerySet) -> PhotoQuerySet:
    """Add the key of the `following` photo of the event, so that a claim reads both at once."""
    return photos.annotate(following=Subquery(_outside(OuterRef("event")).values("pk")[:1]))


def queue_next(event_id: UUID, *, following: UUID | None) -> None:
    """Queue the next photo of an event, after one of them was claimed.

    Args:
        event_id: The event.
        following: The photo to queue, or the next one if another process has just queued it. None
            if no photo is left.
    """
    transaction.on_commit(lambda: _queue_next(event_id, following), robust=True)


def queue_again(photo_id: UUID) -> None:
    """Queue a waiting photo whose job was lost once the current transaction commits."""
    transaction.on_commit(lambda: _queue_again(photo_id), robust=True)


def fill(event_id: UUID) -> None:
    """Queue photos of an event until as many as may be are in the queue."""
    in_queue = Photo.objects.in_queue().filter(unclaimed(), event=event_id)
    queued = in_queue.order_by()[:IN_QUEUE].count()
    following = _following(event_id, IN_QUEUE - queued)
    queue = INTERACTIVE if queued + len(following) <= FEW else BULK
    for photo_id in following:
        _queue(photo_id, queue)


def requeue(*, lost_before: datetime | None, max_jobs: int) -> int:
    """Queue photos whose jobs were lost, and photos of events that have too few in the queue.

    Args:
        lost_before: Jobs that were queued by then are treated as lost. By default, a job is lost
            after `LOST_AFTER`.
        max_jobs: The limit for lost photos.

    Returns:
        The number of lost photos and of these events.
    """
    stale = claims.stale(lost_before or timezone.now() - LOST_AFTER)
    lost = Photo.objects.in_queue().filter(stale).order_by("queued_at")
    photo_ids = list(lost.values_list("pk", flat=True)[:max_jobs])
    for photo_id in photo_ids:
        queue_again(photo_id)
    event_ids = events_to_fill()
    for event_id in event_ids:
        queue_photos(event_id)
    return len(photo_ids) + len(event_ids)


def events_to_fill() -> list[UUID]:
    """Return the events with waiting photos that could be in the queue, and are not."""
    # Counted here, since SQLite would read all photos by event to group them.
    queued = Photo.objects.in_queue().filter(unclaimed()).order_by()
    counts = Counter(queued.values_list("event", flat=True))
    outside = Photo.objects.waiting().filter(queued_at=None).order_by()
    with_more = outside.values_list("event", flat=True).distinct()
    return [event_id for event_id in with_more if counts[event_id] < IN_QUEUE]


def _queue_next(event_id: UUID, following: UUID | None) -> None:
    while following and not _queue(following, BULK):  # another process has just queued it
        following = next(iter(_following(event_id, 1)), None)


def _queue_again(photo_id: UUID) -> None:
    if Photo.objects.waiting().filter(pk=photo_id).update(queued_at=timezone.now()):
        _send(photo_id, BULK)


def _following(event_id: UUID, count: int) -> list[UUID]:
    """Return the keys of the next photos to queue."""
    return list(_outside(event_id).values_list("pk", flat=True)[:count])


def _outside(event: UUID | OuterRef) -> PhotoQuerySet:
    """Return the waiting photos of an event that are not in the queue, the next one first."""
    outside = Photo.objects.waiting().filter(unclaimed(), event=event, queued_at=None)
    # The null column makes PostgreSQL read the index in order.
    return outside.order_by("queued_at", "uploaded_at")


def _queue(photo_id: UUID, queue: str) -> bool:
    """Queue a photo, unless another process has done so."""
    outside = Photo.objects.filter(pk=photo_id, queued_at=None)
    if not outside.update(queued_at=timezone.now()):
        return False
    try:
        _send(photo_id, queue)
    except Exception:
        Photo.objects.filter(pk=photo_id).update(queued_at=None)
        raise
    return True


def _send(photo_id: UUID, queue: str) -> None:
    app.send_task("picprocure.analyze_photo", args=[str(photo_id)], queue=queue)
