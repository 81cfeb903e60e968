"""Progress of an event: how many photos were analyzed, and whether they are sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.photos.models import Photo
from picprocure.photos.usage import usage_of
from picprocure.recognition.models import Match, Sorting
from picprocure.recognition.release_preview import ReleasePreview, stored_preview
from picprocure.storage.prepared_queries import PreparedQuery, Slot

# The pace of an event that takes turns with others is measured over more time.
PACE_WINDOW = timedelta(minutes=1)
LONGEST_PACE_WINDOW = timedelta(minutes=10)
MIN_PHOTOS_FOR_PACE = 3

PLACES: Final = 400
"""How much of the line is read: four photos of each of a hundred events (`pipeline/turns.py`)."""

EVENTS_FOR_PACE: Final = 20
"""With an unknown pace, how many of the events that take turns are measured instead."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The line in which photos of several events wait for their analysis.

    Each event has only a few photos in it, and the next of them joins at the end. So the place says
    when the next photo is analyzed, however many others of the event wait.

    Attributes:
        events: The other events with photos in the line or in work, the first in line first.
        are_more: Whether the line is longer than what was read.
        place: The place of the event's next photo, 1 for the first. None if it isn't in line, or
            not in the part that was read. Places are approximate, since workers take single late
            photos from a queue of their own.
    """

    events: tuple[UUID, ...] = ()
    are_more: bool = False
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of an event's photos.

    Attributes:
        stored: All photos.
        analyzed: Photos whose faces were found.
        waiting: Photos that wait for their analysis.
        waiting_again: Those of them that were analyzed before, by another engine for instance.
        failed: Photos that can't be analyzed.
        unreleased: Photos that no guest sees before the galleries open.
        faces: Faces in all photos.
        people_found: Registered people with a match.
        is_sorted: Whether the latest sorting succeeded and is up to date.
        sorting_failure: Why sorting was given up, or an empty text.
        held_back: How many photos were not delivered because the event was matched more strictly
            than usual, counted for each guest, or 0 if that is not worth saying.
        similar_photos: The photos that made it so, strongest first.
        release: What a release would deliver, or None if hosts don't release photos by hand, or if
            none is unreleased.
        pace: Analyzed photos per second, or None if it is unknown or no photo waits. Before
            photos of the event were analyzed, that of the events it takes turns with.
        turns: The line in which it waits with other events.
    """

    stored: int
    analyzed: int
    waiting: int
    waiting_again: int
    failed: int
    unreleased: int
    faces: int
    people_found: int
    is_sorted: bool
    sorting_failure: str
    held_back: int
    similar_photos: list[Photo]
    release: ReleasePreview | None
    pace: float | None
    turns: Turns

    @property
    def minutes_left(self) -> int:
        """Minutes until the last photo is analyzed at this pace, rounded; 0 if unknown."""
        return round(self.waiting / self.pace / 60) if self.pace else 0

    @property
    def is_working(self) -> bool:
        """Whether photos wait for their analysis or for a sorting."""
        waits_for_sorting = self.analyzed > 0 and not self.is_sorted and not self.sorting_failure
        return self.waiting > 0 or waits_for_sorting


def event_progress(event: Event) -> Progress:
    photos = usage_of(event)
    matches = Match.objects.filter(registration=OuterRef("pk"), status=Match.Status.MATCHED)
    sorting = Sorting.objects.filter(event=event).first()
    turns = _turns(event) if photos.waiting else Turns()
    by_hand = photos.unreleased > 0 and not event.releases_at_close
    return Progress(
        stored=photos.photos,
        analyzed=photos.analyzed,
        waiting=photos.waiting,
        waiting_again=photos.waiting_again,
        failed=photos.failed,
        unreleased=photos.unreleased,
        faces=photos.faces,
        people_found=Registration.objects.filter(Exists(matches), event=event).count(),
        is_sorted=sorting is not None and sorting.done >= sorting.requested and not sorting.failure,
        sorting_failure=sorting.failure if sorting else "",
        held_back=sorting.held_back if sorting else 0,
        similar_photos=_similar_photos(sorting) if sorting else [],
        release=stored_preview(sorting) if by_hand else None,
        pace=_pace(event, turns) if photos.waiting else None,
        turns=turns,
    )


def is_working_on(event: Event) -> bool:
    """Return whether photos of an event wait for their analysis or for a sorting.

    Guests are told, so unreleased photos count for nothing. A sorting counts only for photos that
    no sorting has released yet.
    """
    return bool(_waiting.values(event=event.pk) or _unsorted.values(event=event.pk))


def _waiting_in_slots() -> QuerySet[Photo, Any]:
    photos = Photo.objects.filter(event=Slot("event", Event._meta.pk), waits_for_release=False)
    photos = photos.waiting()
    return photos.order_by().values("pk")[:1]


def _unsorted_in_slots() -> QuerySet[Photo, Any]:
    event = Slot("event", Event._meta.pk)
    pending = ~Exists(Sorting.objects.filter(event=event, done__gte=F("requested")))
    given_up = Exists(Sorting.objects.filter(event=event).exclude(failure=""))
    photos = Photo.objects.filter(waits_for_release=False, released_at=None, event=event)
    return photos.analyzed().filter(pending, ~given_up).order_by().values("pk")[:1]


_waiting = PreparedQuery(_waiting_in_slots)
_unsorted = PreparedQuery(_unsorted_in_slots)


def _similar_photos(sorting: Sorting) -> list[Photo]:
    """Return the recorded photos, without those that were deleted since then."""
    ids: list[str] = sorting.similar_photos
    if not ids:
        return []
    photos = Photo.objects.analyzed().filter(event=sorting.event_id, pk__in=ids)
    return sorted(photos, key=lambda photo: ids.index(str(photo.pk)))


def _turns(event: Event) -> Turns:
    line = Photo.objects.in_queue().order_by("queued_at").values_list("event", "claimed_until")
    rows = list(line[: PLACES + 1])
    now = timezone.now()
    places = [event_id for event_id, until in rows[:PLACES] if until is None or until <= now]
    return Turns(
        events=tuple(dict.fromkeys(other for other, _ in rows[:PLACES] if other != event.pk)),
        are_more=len(rows) > PLACES,
        place=places.index(event.pk) + 1 if event.pk in places else None,
    )


def _pace(event: Event, turns: Turns) -> float | None:
    """Return how many photos per second of the event are analyzed, or None if it is unknown.

    Turns of other events are part of it. Events that take turns advance alike.
    """
    window = min(PACE_WINDOW * (1 + len(turns.events)), LONGEST_PACE_WINDOW)
    pace = _pace_of((event.pk,), window)
    return pace if pace or not turns.events else _pace_of(turns.events[:EVENTS_FOR_PACE], window)


def _pace_of(event_ids: Sequence[UUID], window: timedelta) -> float | None:
    """Return how many photos per second of one of some events were analyzed in the last minutes.

    It is measured from the first photo in that time. None if there were too few.
    """
    now = timezone.now()
    recent = Photo.objects.analyzed().filter(event__in=event_ids, analyzed_at__gt=now - window)
    summary = recent.aggregate(count=Count("pk"), first=Min("analyzed_at"))
    if summary["count"] < MIN_PHOTOS_FOR_PACE:
        return None
    seconds = max(1.0, (now - summary["first"]).total_seconds())
    return float((summary["count"] - 1) / seconds) / len(event_ids)
