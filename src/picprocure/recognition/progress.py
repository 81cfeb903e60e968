"""How far an event's photos are, as the database knows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from picprocure.events.models import Event, Registration
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, Match, Sorting


@dataclass(frozen=True, slots=True)
class Progress:
    stored: int
    analyzed: int
    waiting: int
    failed: int
    faces: int
    people_found: int
    is_sorted: bool
    sorting_failure: str

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
    )
