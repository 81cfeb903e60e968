"""What is done every half minute, whatever else happens."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from picprocure.galleries.publishing import events_to_publish
from picprocure.notifications import outbox
from picprocure.notifications.announcements import (
    events_about_to_end,
    events_to_announce,
    events_with_unsent_mail,
)
from picprocure.notifications.models import Mail
from picprocure.photos.models import Photo
from picprocure.pipeline import heartbeats
from picprocure.pipeline.models import CLOCK, ORPHANS, SWEEP, Heartbeat
from picprocure.pipeline.queue import (
    queue_analysis,
    queue_announcements,
    queue_mails,
    queue_publishing,
    queue_sorting,
)
from picprocure.recognition.models import Sorting
from picprocure.retention import orphans
from picprocure.retention.sweep import sweep as sweep_expired
from picprocure.storage import claims, reserve, sealing

__all__ = ["requeue", "sweep", "sweep_orphans"]

logger = logging.getLogger(__name__)

# A long backlog looks like lost jobs after a while; this keeps it from being queued over and over.
MAX_AT_ONCE = 200

# More than one worker had in hand.
FEW = 50

ORPHANS_EVERY = timedelta(days=1)


@reserve.frees_room
def sweep() -> None:
    """Put lost jobs back, have mails sent that are due, let go what has expired, and see that what
    is published is right."""
    heartbeats.note(CLOCK)
    requeued = requeue()
    if requeued:
        logger.info("Put %d jobs back on the queue.", requeued)
    for problem in heartbeats.stalls():
        logger.warning("%s", problem)
    if problem := sealing.key_problem():
        logger.error("%s", problem)
    for events in (events_to_announce(), events_about_to_end(), events_with_unsent_mail()):
        for event_id in events.values_list("pk", flat=True):
            queue_announcements(event_id)
    if Mail.objects.next():
        queue_mails()
    outbox.forget_undelivered()
    sweep_expired()
    for event_id in events_to_publish():
        queue_publishing(event_id)
    heartbeats.forget_old()
    heartbeats.note(SWEEP)
    reserve.make()  # last, since all of the above may use it


def sweep_orphans() -> None:
    """Look for orphans once a day, however often the clock starts."""
    if not Heartbeat.objects.filter(pk=ORPHANS).within(ORPHANS_EVERY).exists():
        orphans.sweep_orphans()
        heartbeats.note(ORPHANS)


def requeue_after_a_death() -> None:
    """A worker begins. The one before it may have been killed with jobs in hand that it had not yet
    claimed; such are the oldest, and to have some twice does no harm."""
    requeued = requeue(lost_before=timezone.now(), most=FEW)
    if requeued:
        logger.info(
            "Put %d jobs back on the queue, in case that a killed worker had them.", requeued
        )


def requeue(*, lost_before: datetime | None = None, most: int = MAX_AT_ONCE) -> int:
    """Put back what no worker works on and no live job stands for. Returns how many.

    With ``lost_before`` jobs that were queued by then are taken for lost.
    """
    stale = claims.stale(lost_before)
    photos = Photo.objects.waiting().filter(stale).order_by("uploaded_at")
    sortings = (
        Sorting.objects.pending()
        .filter(stale)
        .exclude(event__in=Photo.objects.waiting().values("event"))
    )
    photo_ids = list(photos.values_list("pk", flat=True)[:most])
    event_ids = list(sortings.values_list("pk", flat=True)[:most])
    for photo_id in photo_ids:
        queue_analysis(photo_id)
    for event_id in event_ids:
        queue_sorting(event_id)
    return len(photo_ids) + len(event_ids)
