"""Maintenance: the jobs of the clock, and queueing lost jobs again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.galleries.publishing import events_to_publish
from picprocure.notifications import outbox
from picprocure.notifications.announcements import (
    events_about_to_end,
    events_to_announce,
    events_with_new_photos,
    events_with_unsent_mail,
)
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.photos.usage import recount_usage
from picprocure.pipeline import broker, heartbeats, turns
from picprocure.pipeline.models import CLOCK, ORPHANS, SWEEP, Heartbeat
from picprocure.pipeline.queue import (
    queue_announcements,
    queue_comparison,
    queue_mails,
    queue_publishing,
    queue_sorting,
)
from picprocure.recognition.models import FaceToCompare, Sorting
from picprocure.recognition.sorting import request_sorting
from picprocure.retention import orphans
from picprocure.retention.sweep import sweep as sweep_expired
from picprocure.storage import claims, reserve, sealing

__all__ = ["requeue", "sweep", "sweep_orphans"]

logger = logging.getLogger(__name__)

# Lost jobs queued again by one sweep.
MAX_JOBS = 200

# A worker claims a row within this time after it took the job from the queue.
TAKEN_WITHIN = timedelta(seconds=10)

# Jobs queued again when a worker died: more than one worker can have received.
MAX_JOBS_OF_A_WORKER = 50

# Events in which one sweep looks for due announcements. Of 10,000 events, each is looked at every
# five minutes on average.
MAX_ANNOUNCED_EVENTS = 1_000

ORPHANS_EVERY = timedelta(days=1)


@reserve.frees_room
def sweep() -> None:
    """Queue lost jobs, mails and announcements, delete what has expired, and update publishing."""
    heartbeats.note(CLOCK)
    requeued = requeue()
    if requeued:
        logger.info("Put %d jobs back on the queue.", requeued)
    for problem in heartbeats.stalls():
        logger.warning("%s", problem)
    if problem := sealing.key_problem():
        logger.error("%s", problem)
    _queue_due_releases()
    _queue_due_announcements()
    if Mail.objects.next():
        queue_mails()
    outbox.forget_undelivered()
    sweep_expired()
    for event_id in events_to_publish():
        queue_publishing(event_id)
    heartbeats.forget_old()
    heartbeats.note(SWEEP)
    reserve.fill()  # last, since all of the above may use the reserve


def _queue_due_releases() -> None:
    """Have events sorted whose photos are due for release, mostly since registration has closed."""
    for event_id in events_to_release():
        request_sorting(event_id)
        queue_sorting(event_id)


def events_to_release() -> list[UUID]:
    """Return events with photos that only wait for a sorting to be released.

    A sorting that was requested, that follows an analysis, or that was given up is left alone.
    """
    now = timezone.now()
    # First what an event says, since the photos of an event that isn't open yet may be many.
    is_closed = Q(release=Event.Release.AT_CLOSE, registration_closes_at__lte=now)
    may_be_due = Event.objects.filter(is_closed | Q(release_requested_at__isnull=False))
    photos = Photo.objects.filter(event=OuterRef("pk"))
    due = photos.analyzed().unreleased().due_for_release(now)
    idle = Sorting.objects.filter(done__gte=F("requested"), failure="", event=OuterRef("pk"))
    events = may_be_due.filter(
        Exists(idle), ~Exists(photos.waiting()), Exists(due), has_unreleased_photos=True
    )
    return list(events.values_list("pk", flat=True))


def _queue_due_announcements() -> None:
    """Queue the announcements of events that give reason for mails now.

    What people do queues them at once. This is for what time brings. On a large site, each sweep
    looks at some events only, except for photos: an index has the people who wait for that mail.
    """
    some = Event.objects.live().some(MAX_ANNOUNCED_EVENTS).values("pk")
    for events in (
        events_to_announce().filter(pk__in=some),
        events_with_new_photos(),
        events_about_to_end().filter(pk__in=some),
        events_with_unsent_mail().filter(pk__in=some),
    ):
        for event_id in events.values_list("pk", flat=True):
            queue_announcements(event_id)


def sweep_orphans() -> None:
    """Search for orphaned objects and wrong counts once a day, however often the clock starts."""
    if not Heartbeat.objects.filter(pk=ORPHANS).within(ORPHANS_EVERY).exists():
        orphans.sweep_orphans()
        if corrected := recount_usage():
            logger.warning("The photos of %d events were counted again.", corrected)
        heartbeats.note(ORPHANS)


def requeue_after_worker_loss() -> None:
    """Queue the oldest jobs again when a worker starts.

    The previous worker may have been killed with jobs that it had received and not claimed. Those
    are the oldest. Queueing a job twice does no harm.
    """
    requeued = requeue(lost_before=timezone.now(), max_jobs=MAX_JOBS_OF_A_WORKER)
    if requeued:
        logger.info(
            "Put %d jobs back on the queue, in case that a killed worker had them.", requeued
        )


def requeue(*, lost_before: datetime | None = None, max_jobs: int = MAX_JOBS) -> int:
    """Queue photos and sortings again that no worker works on and whose jobs were lost.

    Args:
        lost_before: Jobs that were queued by then are treated as lost. By default, a job is lost
            when it isn't in the queue any more, or after a while (see `turns.LOST_AFTER` and
            `claims.stale`).
        max_jobs: The limit for lost photos, and for lost sortings.

    Returns:
        The number of lost jobs, and of events whose photos had too few jobs.
    """
    lost_before = lost_before or _lost_before()
    photos = turns.requeue(lost_before=lost_before, max_jobs=max_jobs)
    sortings = (
        Sorting.objects.due()
        .filter(claims.stale(lost_before))
        .exclude(event__in=Photo.objects.waiting().values("event"))
    )
    event_ids = list(sortings.values_list("pk", flat=True)[:max_jobs])
    for event_id in event_ids:
        queue_sorting(event_id)
    waiting = FaceToCompare.objects.order_by("pk").values_list("registration", flat=True)
    newcomers = Registration.objects.filter(pk__in=list(waiting[:max_jobs]))
    for event_id in newcomers.order_by().values_list("event", flat=True).distinct():
        queue_comparison(event_id)
    return photos + len(event_ids)


def _lost_before() -> datetime | None:
    """Return when a waiting row must have been queued if its job isn't in the queue any more.

    Returns:
        None if jobs are in the queue, or if the broker doesn't answer.
    """
    queues = (turns.BULK, turns.INTERACTIVE)
    is_empty = all(broker.waiting_messages(queue) == 0 for queue in queues)
    return timezone.now() - TAKEN_WITHIN if is_empty else None
