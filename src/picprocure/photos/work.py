"""Work that a row waits for, and the lease under which one worker does it.

The queue only says what to try; these columns know what is done. A worker claims a row by
a conditional update that must touch exactly one row, and finishes it by another that must
still find its own claim. A worker that dies leaves a lease that runs out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Work(models.Model):
    """Columns of a row that a worker works on."""

    queued_at = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


W = TypeVar("W", bound=Work)


def unclaimed() -> Q:
    """Rows that nobody works on, or whose worker is taken for dead."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=timezone.now())


def stale(lease: timedelta) -> Q:
    """Unclaimed rows that were never queued, or queued so long ago that the job was lost."""
    never_queued = Q(queued_at__isnull=True)
    lost = Q(queued_at__lte=timezone.now() - lease)
    return unclaimed() & (never_queued | lost)


def claim(waiting: models.QuerySet[W], pk: Any, *, lease: timedelta) -> W | None:
    """Claim one waiting row; None when it is gone, done, or somebody else's."""
    token = uuid.uuid4()
    claimed = waiting.filter(unclaimed(), pk=pk).update(
        claim=token, claimed_until=timezone.now() + lease, attempts=F("attempts") + 1
    )
    return waiting.filter(pk=pk, claim=token).first() if claimed else None


def finish(row: Work, **changes: Any) -> bool:
    """End the claim and apply `changes`; False when the claim was lost meanwhile."""
    mine = type(row)._base_manager.filter(pk=row.pk, claim=row.claim)  # noqa: SLF001
    return bool(mine.update(claim=None, claimed_until=None, **changes))


@contextmanager
def held(row: Work) -> Iterator[None]:
    """Work on a claimed row; an error gives it back at once, so that it is soon tried again."""
    try:
        yield
    except Exception:
        finish(row, queued_at=None)
        raise
