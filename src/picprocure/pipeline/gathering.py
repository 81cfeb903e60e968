"""Gathering: one sorting for several photos that come one by one.

Sorting a large event takes long, and each new photo or person makes it necessary. So after a
sorting that took some time, the next one waits for a few times as long, unless it is urgent
(`Sorting.urgent`). The database knows until when. The clock's sweep queues the sorting then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from picprocure.recognition.models import Sorting

# Shorter sortings don't wait, so that photos of small events appear at once.
GATHERED_FROM: Final = timedelta(seconds=5)

# The pause is this many times as long as the sorting. So sorting trickling photos of one event
# keeps a worker busy for a quarter of the time at most.
PAUSES: Final = 3
MAX_PAUSE: Final = timedelta(minutes=5)


def end_of_gathering(started_at: datetime) -> datetime | None:
    """Return until when the next sorting waits after one that ends now, or None if it doesn't."""
    now = timezone.now()
    took = now - started_at
    return now + min(PAUSES * took, MAX_PAUSE) if took >= GATHERED_FROM else None


def leave_to_sweep(event_id: UUID) -> None:
    """Have the sweep queue a sorting that still waits for photos, once it is due."""
    gathering = Sorting.objects.filter(pk=event_id, not_before__gt=timezone.now())
    gathering.update(queued_at=None)
