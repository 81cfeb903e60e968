"""Records of when each part of the site last did its work, and the problems they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from picprocure.photos.models import Photo
from picprocure.pipeline.models import CLOCK, SWEEP, Heartbeat
from picprocure.recognition.models import Sorting
from picprocure.storage import reserve, sealing
from picprocure.storage.claims import unclaimed

# Older records are deleted, since their worker doesn't exist any more.
KEPT: Final = timedelta(days=1)
LATE: Final = timedelta(minutes=1)
STALLED: Final = timedelta(minutes=2)


def note(name: str, *, job: str = "", since: datetime | None = None) -> None:
    """Record that a part of the site works now.

    Args:
        name: The worker's name, or one of `CLOCK`, `SWEEP` and `ORPHANS`.
        job: The worker's current job, if it takes long.
        since: When that job began.
    """
    beat = {"at": timezone.now(), "job": job, "job_since": since}
    if not Heartbeat.objects.filter(pk=name).update(**beat):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, **beat)], ignore_conflicts=True)


def forget_old() -> None:
    Heartbeat.objects.workers().filter(at__lte=timezone.now() - KEPT).delete()


@dataclass(frozen=True)
class Health:
    """The state of the site's jobs, as operators see it."""

    workers: list[Heartbeat]
    clock_at: datetime | None
    swept_at: datetime | None
    photos_waiting: int
    photos_in_work: int
    events_waiting: int
    problems: list[str]


def health() -> Health:
    waiting = Photo.objects.waiting()
    return Health(
        workers=list(Heartbeat.objects.workers().within(KEPT)),
        clock_at=_last(CLOCK),
        swept_at=_last(SWEEP),
        photos_waiting=waiting.count(),
        photos_in_work=waiting.filter(claimed_until__gt=timezone.now()).count(),
        events_waiting=Sorting.objects.pending().count(),
        problems=list(problems()),
    )


def problems() -> Iterator[str]:
    """Yield a message for each current problem."""
    if not Heartbeat.objects.workers().within(LATE).exists():
        yield "No worker has given a sign of life for a minute. No photos are analyzed or sorted."
    for worker in Heartbeat.objects.workers().within(KEPT):
        if worker.at <= timezone.now() - LATE:
            yield f"{worker.name} gave its last sign of life at {_time(worker.at)}."
    clock_at = _last(CLOCK)
    if clock_at is None or clock_at <= timezone.now() - settings.SWEEP_INTERVAL - STALLED:
        yield "The clock's jobs don't run. Lost jobs aren't queued again, and expired data stay."
    yield from stalls()
    yield from _disk()
    if problem := sealing.key_problem():
        yield problem
    if unreadable := len(list((settings.BROKER_DIR / "unreadable").glob("*"))):
        yield f"{unreadable} files in the queue could not be read. See queue/unreadable."


def _disk() -> Iterator[str]:
    free = reserve.free_bytes()
    if free < settings.RESERVE_BYTES:
        yield (
            f"The disk is full ({filesizeformat(free)} free). New photos and most changes are "
            "refused. Free up disk space."
        )
    elif settings.RESERVE_BYTES and not reserve.exists():
        yield "No reserve is kept on the disk yet. Deleting may fail once the disk is full."


def stalls() -> Iterator[str]:
    """Yield a message for each kind of job that has waited too long for a worker."""
    if photos := _stalled_photos():
        yield f"{photos} photos are waiting, and no worker has taken one for two minutes."
    since = timezone.now() - STALLED
    sortings = Sorting.objects.pending().filter(unclaimed(), queued_at__lte=since)
    if events := sortings.exclude(event__in=Photo.objects.waiting().values("event")).count():
        yield f"{events} events are waiting to be sorted. No worker has taken one for two minutes."


def _stalled_photos() -> int:
    """Return how many photos wait if no photo was claimed or finished for some time, or 0."""
    since = timezone.now() - STALLED
    waiting = Photo.objects.waiting()
    count = waiting.filter(uploaded_at__lte=since).count()
    # Ask this only if photos wait, since it reads all others.
    is_active = count and (
        waiting.filter(claimed_until__gt=timezone.now()).exists()
        or Photo.objects.filter(analyzed_at__gt=since).exists()
    )
    return 0 if is_active else count


def _last(name: str) -> datetime | None:
    return Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()


def _time(at: datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S")
