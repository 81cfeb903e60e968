"""The ledger of objects that must go."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class PendingDeletion(models.Model):
    """A stored object that no row owns, or soon none will.

    An object is doomed before it is written and pardoned in the transaction that creates
    its owner; it is doomed again in the transaction that deletes its owner. So at every
    moment each object is owned by a row or listed here, whatever dies in between.
    """

    key = models.CharField(max_length=255, unique=True)
    due = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.key
