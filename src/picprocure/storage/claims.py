"""Work that a row waits for, and the lease under which one worker does it.

The queue only says what to try; these columns know what is done. A worker claims a row by
a conditional update that must touch exactly one row, and finishes it by another that must
still find its own claim. While it works it renews the lease; a worker that dies leaves a
lease that runs out.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import DatabaseError, connection, models
from django.db.models import F, Q
from django.utils import timezone

from picprocure.storage.outages import outage_of

logger = logging.getLogger(__name__)

# A job that waits this long on the queue may have been lost. A backlog can be as long: then jobs
# are there twice, which costs a look each.
JOB_LOST_AFTER: Final = timedelta(minutes=5)

RETRY_SECONDS: Final = 1.0
GIVE_BACK_TRIES: Final = 20


class Claimable(models.Model):
    """Columns of a row that a worker works on."""

    queued_at = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    # How often it was claimed since it began to wait, and how many of these ended with an error.
    # The other attempts never ended: they took their process with them.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    errors = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def crashes(self) -> int:
        """How many processes died over it, as its present claimant sees it."""
        return self.attempts - self.errors - 1


W = TypeVar("W", bound=Claimable)


def unclaimed() -> Q:
    """Rows that nobody works on, or whose worker is taken for dead."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=timezone.now())


def stale(lost_before: datetime | None = None) -> Q:
    """Unclaimed rows for which no job can be on the queue, or only one that was lost: one that has
    waited for long, or since before the moment that is given."""
    never_queued = Q(queued_at__isnull=True)
    abandoned = Q(queued_at__lte=F("claimed_until"))
    lost = Q(queued_at__lte=lost_before or timezone.now() - JOB_LOST_AFTER)
    return unclaimed() & (never_queued | abandoned | lost)


def claim(waiting: models.QuerySet[W], pk: Any, *, lease: timedelta) -> W | None:
    """Claim one waiting row; None when it is gone, done, or somebody else's."""
    token = uuid.uuid4()
    claimed = waiting.filter(unclaimed(), pk=pk).update(
        claim=token, claimed_until=timezone.now() + lease, attempts=F("attempts") + 1
    )
    return waiting.filter(pk=pk, claim=token).first() if claimed else None


def renew(row: Claimable, *, lease: timedelta) -> bool:
    """Keep the claim for another while; False when it was lost meanwhile."""
    return bool(_mine(row).update(claimed_until=timezone.now() + lease))


def finish(row: Claimable, **changes: Any) -> bool:
    """End the claim and apply `changes`; False when the claim was lost meanwhile."""
    return bool(_mine(row).update(claim=None, claimed_until=None, **changes))


def abandon(rows: models.QuerySet[W], pk: Any) -> bool:
    """End the claim of a worker that is known to be dead; whether it had one."""
    claimed = rows.filter(pk=pk, claim__isnull=False)
    return bool(claimed.update(claim=None, claimed_until=None, queued_at=None))


def _mine(row: Claimable) -> models.QuerySet[Any]:
    return type(row)._base_manager.filter(pk=row.pk, claim=row.claim)  # noqa: SLF001


@contextmanager
def working_on(row: Claimable, *, lease: timedelta) -> Iterator[None]:
    """Work on a claimed row, however long it takes.

    An error gives the row back at once, so that it is soon tried again. A full disk, or keys
    that can't be used, count neither as an error nor as an attempt.
    """
    with _renewing(row, lease):
        try:
            yield
        except Exception as error:
            trouble = outage_of(error)
            if trouble and trouble.lasts:
                _give_back_unused(row)
            else:
                finish(row, queued_at=None, errors=F("errors") + 1)
            raise


def _give_back_unused(row: Claimable) -> None:
    """Undo the claim without counting it, since it is not the row's fault.

    The database may be on the same disk, and may need a while to get space for this.
    """
    for _ in range(GIVE_BACK_TRIES):
        try:
            finish(row, queued_at=None, attempts=F("attempts") - 1)
        except DatabaseError:
            time.sleep(RETRY_SECONDS)
        else:
            return


@contextmanager
def _renewing(row: Claimable, lease: timedelta) -> Iterator[None]:
    over = threading.Event()
    # A daemon: it never keeps a process alive, and it dies with its process.
    thread = threading.Thread(target=_renew_until, args=(over, row, lease), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # Not for longer: it may be waiting for a lock of the database, and does no harm later.
        thread.join(timeout=RETRY_SECONDS)


def _renew_until(over: threading.Event, row: Claimable, lease: timedelta) -> None:
    """Renew at each third of the lease. On SQLite a long write of anybody's makes this wait."""
    third = lease.total_seconds() / 3
    pause = third
    try:
        while not over.wait(pause):
            try:
                if not renew(row, lease=lease):
                    return
                pause = third
            except DatabaseError as error:
                logger.warning("The lease of %s could not be renewed: %s", row, error)
                pause = min(third, RETRY_SECONDS)
    finally:
        connection.close()  # this thread's own
