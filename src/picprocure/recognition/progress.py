"""How far an event's photos are, as the database knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, Match, Sorting

PACE_WINDOW = timedelta(minutes=1)
FEWEST_FOR_A_PACE = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How many photos are where, and ``pace``, photos a second, None while nobody can tell."""

    stored: int
    analyzed: int
    waiting: int
    failed: int
    faces: int
    people_found: int
    is_sorted: bool
    sorting_failure: str
    pace: float | None

    @property
    def minutes_left(self) -> int:
        """Until the last photo is read, if it goes on like this; rounded, 0 below half of one."""
        return round(self.waiting / self.pace / 60) if self.pace else 0

    @property
    def is_working(self) -> bool:
        """Whether more is to come without anybody doing anything."""
        outstanding = self.analyzed > 0 and not self.is_sorted and not self.sorting_failure
        return self.waiting > 0 or outstanding


def event_progress(event: Event) -> Progress:
    status = Photo.Status
    photos = Photo.objects.filter(event=event).aggregate(
        stored=Count("pk"),
        analyzed=Count("pk", filter=Q(status=status.ANALYZED)),
        waiting=Count("pk", filter=Q(status=status.WAITING)),
        failed=Count("pk", filter=Q(status=status.FAILED)),
    )
    found = Registration.objects.filter(event=event, matches__status=Match.Status.MATCHED)
    sorting = Sorting.objects.filter(event=event).first()
    return Progress(
        **photos,
        faces=Face.objects.filter(photo__event=event).count(),
        people_found=found.distinct().count(),
        is_sorted=sorting is not None and sorting.done >= sorting.requested and not sorting.failure,
        sorting_failure=sorting.failure if sorting else "",
        pace=_pace(event) if photos["waiting"] else None,
    )


def _pace(event: Event) -> float | None:
    """Of the last minute, or of as much of it as there was work."""
    now = timezone.now()
    lately = Photo.objects.analyzed().filter(event=event, analyzed_at__gt=now - PACE_WINDOW)
    found = lately.aggregate(count=Count("pk"), first=Min("analyzed_at"))
    if found["count"] < FEWEST_FOR_A_PACE:
        return None
    seconds = max(1.0, (now - found["first"]).total_seconds())
    return float((found["count"] - 1) / seconds)
