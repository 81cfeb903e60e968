"""Claims of rows by workers, with leases.

Jobs in the queue only say which rows to try. The columns of `Claimable` are the record of what is
done. A worker claims a row by a conditional update that must change exactly one row, and finishes
it by another update that must find the worker's own claim. The worker renews its lease while it
works. If it dies, the lease runs out.
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

from picprocure.storage import availability
from picprocure.storage.outages import outage_of

logger = logging.getLogger(__name__)

# A job that is queued for this long may be lost. With a long backlog, a job may be queued twice,
# which only costs a query.
JOB_LOST_AFTER: Final = timedelta(minutes=5)

RETRY_SECONDS: Final = 1.0
RENEWAL: Final = "lease renewal"  # the name of threads that renew a lease


class Claimable(models.Model):
    """A row that workers claim."""

    queued_at = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    # The number of claims since the row began to wait, and how many of them ended with an error.
    # In the other attempts, the process died.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    errors = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def crashes(self) -> int:
        """The number of processes that died while they worked on this row.

        Use this only while the row is claimed: the current attempt is not counted.
        """
        return self.attempts - self.errors - 1


W = TypeVar("W", bound=Claimable)

_UNCOUNTED: Final = {"queued_at": None, "attempts": F("attempts") - 1}
_in_work: set[Claimable] = set()  # rows of this process


def unclaimed() -> Q:
    """Return the condition that no worker has a valid lease on a row."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=timezone.now())


def stale(lost_before: datetime | None = None) -> Q:
    """Return the condition that a row is unclaimed and has no job in the queue, or a lost one.

    Args:
        lost_before: Jobs queued before this time count as lost. By default, a job is lost after
            `JOB_LOST_AFTER`.
    """
    never_queued = Q(queued_at__isnull=True)
    abandoned = Q(queued_at__lte=F("claimed_until"))
    lost = Q(queued_at__lte=lost_before or timezone.now() - JOB_LOST_AFTER)
    return unclaimed() & (never_queued | abandoned | lost)


def claim(waiting: models.QuerySet[W], pk: Any, *, lease: timedelta) -> W | None:
    """Claim a waiting row.

    Args:
        waiting: The rows that can be claimed.
        pk: The key of the row.
        lease: How long the claim is valid without a renewal.

    Returns:
        The row, or None if it was deleted, isn't waiting, or is claimed by another worker.
    """
    token = uuid.uuid4()
    claimed = waiting.filter(unclaimed(), pk=pk).update(
        claim=token, claimed_until=timezone.now() + lease, attempts=F("attempts") + 1
    )
    return waiting.filter(pk=pk, claim=token).first() if claimed else None


def renew(row: Claimable, *, lease: timedelta) -> bool:
    """Renew the lease. Return False if the claim was lost."""
    return bool(_own_claim(row).update(claimed_until=timezone.now() + lease))


def finish(row: Claimable, **changes: Any) -> bool:
    """End the claim and apply changes to the row. Return False if the claim was lost."""
    return bool(_own_claim(row).update(claim=None, claimed_until=None, **changes))


def abandon(rows: models.QuerySet[W], pk: Any) -> bool:
    """End the claim of a worker that is known to be dead. Return whether there was a claim."""
    claimed = rows.filter(pk=pk, claim__isnull=False)
    return bool(claimed.update(claim=None, claimed_until=None, queued_at=None))


def _own_claim(row: Claimable) -> models.QuerySet[Any]:
    return type(row)._base_manager.filter(pk=row.pk, claim=row.claim)  # noqa: SLF001


@contextmanager
def working_on(
    row: Claimable, *, lease: timedelta, waits_after_error: bool = False
) -> Iterator[None]:
    """Renew the lease of a claimed row while the block runs.

    If the block raises an error, the claim ends, so that the row is soon tried again. An outage (a
    full disk, unusable keys, or a database or store that doesn't answer) counts neither as an error
    nor as an attempt.

    Args:
        row: The claimed row.
        lease: How long the claim is valid without a renewal.
        waits_after_error: Whether the row counts as queued after an error, so that it is tried
            again when its job counts as lost. Otherwise, the next sweep queues it.
    """
    with _renewing(row, lease):
        _in_work.add(row)
        try:
            yield
        except Exception as error:
            if _is_outage(error):
                _release(row, _UNCOUNTED)
            else:
                queued_at = timezone.now() if waits_after_error else None
                _release(row, {"queued_at": queued_at, "errors": F("errors") + 1})
            raise
        finally:
            _in_work.discard(row)


def give_back_all() -> None:
    """End all claims of this process, which has to end before its work is done.

    The attempts are not counted, since the rows didn't cause the end.
    """
    for row in list(_in_work):
        _is_released(row, _UNCOUNTED)


def _is_outage(error: Exception) -> bool:
    """Return whether an error is about the whole site, and not about one row."""
    outage = outage_of(error)
    return outage is not None and (outage.lasts or not availability.everything_answers())


def _release(row: Claimable, changes: dict[str, Any]) -> None:
    """End the claim. If the database doesn't answer, end it in a thread as soon as it does."""
    if not _is_released(row, changes):
        threading.Thread(target=_release_later, args=(row, changes), daemon=True).start()


def _release_later(row: Claimable, changes: dict[str, Any]) -> None:
    while not _is_released(row, changes):
        connection.close()
        time.sleep(RETRY_SECONDS)
    connection.close()  # this thread's own


def _is_released(row: Claimable, changes: dict[str, Any]) -> bool:
    try:
        finish(row, **changes)
    except DatabaseError:
        return False
    return True


@contextmanager
def _renewing(row: Claimable, lease: timedelta) -> Iterator[None]:
    is_done = threading.Event()
    # A daemon thread doesn't keep the process alive.
    thread = threading.Thread(
        name=RENEWAL, target=_renew_until, args=(is_done, row, lease), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        # The thread may be waiting for a lock of the database. It does no harm if it ends later.
        thread.join(timeout=RETRY_SECONDS)


def _renew_until(is_done: threading.Event, row: Claimable, lease: timedelta) -> None:
    """Renew the lease after each third of it.

    On SQLite, a renewal waits for long writes of other processes.
    """
    third = lease.total_seconds() / 3
    pause = third
    try:
        while not is_done.wait(pause):
            try:
                if not renew(row, lease=lease):
                    return
                pause = third
            except DatabaseError as error:
                logger.warning("The lease of %s could not be renewed: %s", row, error)
                pause = min(third, RETRY_SECONDS)
    finally:
        connection.close()  # this thread's own
