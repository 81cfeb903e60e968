"""Records of when each part of the site last did its work, and which clock works."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone

from picprocure.storage.claims import Claimable

CLOCK: Final = "clock"
SWEEP: Final = "sweep"
ORPHANS: Final = "orphans"


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def workers(self) -> HeartbeatQuerySet:
        return self.exclude(pk__in=(CLOCK, SWEEP, ORPHANS))

    def within(self, time: timedelta) -> HeartbeatQuerySet:
        return self.filter(at__gt=timezone.now() - time)


class Heartbeat(models.Model):
    """One row for each worker, for the clock's last job, and for the last finished sweep."""

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    # The worker's current job and when it began, if it takes long.
    job = models.CharField(max_length=100, blank=True)
    job_since = models.DateTimeField(null=True)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ClockTurn(Claimable):
    """One row, claimed by the clock that works. Other clocks wait for the end of its lease."""

    def __str__(self) -> str:
        return "the clock's turn"


class SharedFolder(models.Model):
    """One row: the data folder that the processes of the site share, or should share.

    The id is in a file of the folder, too (`cli/shared_folder.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"data folder {self.id}"
