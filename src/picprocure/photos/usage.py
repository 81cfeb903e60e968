"""Counting what an event's photos add up to.

Limits and the pages of hosts read the counts, so that they cost the same in an event of any size.
Who may see a photo never depends on them.

A transaction that changes one photo adds the difference. It knows the photo as it was, since it has
locked or claimed the row. A transaction that changes many counts them again. Both wait for the row
of the event and change it near their end, after the photos and before a sorting is requested. So
the counts are exact, and workers don't wait long for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest

from picprocure.events.models import Event
from picprocure.photos.models import EventUsage, Photo

Share = Mapping[str, int]
"""What photos add to the columns of `EventUsage`."""

NOTHING: Final[Share] = {}

_STATUS = Photo.Status
# One index has all of it. Unreleased photos have another index.
_TOTALS: Final = {
    "photos": Count("status"),
    "bytes": Coalesce(Sum("size_bytes"), 0),
    "analyzed": Count("status", filter=Q(status=_STATUS.ANALYZED)),
    "failed": Count("status", filter=Q(status=_STATUS.FAILED)),
    "waiting_again": Count("analyzed_at", filter=Q(status=_STATUS.WAITING)),
    "faces": Coalesce(Sum("face_count"), 0),
}


def usage_of(event: Event) -> EventUsage:
    """Return the counts of an event, in one query."""
    return EventUsage.objects.filter(event=event).first() or EventUsage(event=event)


def share_of(photo: Photo, **changes: Any) -> Share:
    """Return what a photo adds to the usage of its event.

    Args:
        photo: The photo.
        **changes: Fields that differ from those of `photo`.
    """
    fields = ("status", "analyzed_at", "waits_for_release", "size_bytes", "face_count")
    row = {name: changes.get(name, getattr(photo, name)) for name in fields}
    status, was_analyzed = row["status"], row["analyzed_at"] is not None
    return {
        "photos": 1,
        "bytes": row["size_bytes"],
        "analyzed": int(status == _STATUS.ANALYZED),
        "failed": int(status == _STATUS.FAILED),
        "waiting_again": int(status == _STATUS.WAITING and was_analyzed),
        "unreleased": int(status != _STATUS.FAILED and row["waits_for_release"]),
        "faces": row["face_count"],
    }


def change_usage(event_id: UUID, *, added: Share = NOTHING, removed: Share = NOTHING) -> None:
    """Count a photo that was added, deleted or changed, in the transaction that does it.

    A count that is too low must not keep photos from being deleted. It is corrected by the next
    sorting and by `recount_usage`.
    """
    names = added.keys() | removed.keys()
    differences = {name: added.get(name, 0) - removed.get(name, 0) for name in sorted(names)}
    changes = {name: Greatest(F(name) + by, 0) for name, by in differences.items() if by}
    if changes and not EventUsage.objects.filter(pk=event_id).update(**changes):
        counts = {name: max(0, by) for name, by in differences.items()}
        EventUsage.objects.create(event_id=event_id, **counts)


@transaction.atomic
def count_again(event_ids: Iterable[UUID]) -> int:
    """Count the photos of events again. Call this in the transaction that changed many of them.

    Returns:
        How many events were counted wrong before, from the view of this transaction.
    """
    return sum(map(_count_again, sorted(set(event_ids))))


def _count_again(event_id: UUID) -> bool:
    usage = EventUsage.objects.filter(pk=event_id)
    # Lock first: transactions that changed photos and did not count them yet do it afterwards. With
    # an update instead, the second one would make PostgreSQL check the key, and wait for the event.
    if not usage.select_for_update():
        return False  # it never had photos; creating the row is left to uploads
    photos = Photo.objects.filter(event=event_id).order_by()
    actual = photos.aggregate(**_TOTALS) | {"unreleased": _unreleased(photos).count()}
    return bool(usage.exclude(**actual).update(**actual))


def recount_usage() -> int:
    """Correct the counts of events that differ from their photos, and return how many did.

    They can differ only if processes of two versions ran at the same time.
    """
    photos = Photo.objects.order_by()
    rows = photos.values("event").annotate(**_TOTALS).values_list("event", *_TOTALS)
    totals = {event_id: counts for event_id, *counts in rows}
    unreleased = dict(_unreleased(photos).values_list("event").annotate(Count("pk")))
    for event_id in totals.keys() - set(EventUsage.objects.values_list("pk", flat=True)):
        EventUsage.objects.get_or_create(event_id=event_id)
    counted = EventUsage.objects.values_list("event", *_TOTALS, "unreleased")
    nothing = [0] * len(_TOTALS)
    return count_again(
        event_id
        for event_id, *counts in counted
        if counts != [*totals.get(event_id, nothing), unreleased.get(event_id, 0)]
    )


def _unreleased(photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """Keep photos that no guest sees before the galleries open, without failed ones."""
    return photos.filter(waits_for_release=True).exclude(status=_STATUS.FAILED)
