"""The list of stored objects that must be deleted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class PendingDeletion(models.Model):
    """A stored object without an owner, which must be deleted when it is due.

    An object is listed here before it is written, and removed from the list in the transaction that
    creates its owner. It is listed again in the transaction that deletes its owner. So each object
    always has an owner or is listed here, even if a process dies between these steps.
    """

    key = models.CharField(max_length=255, unique=True)
    due = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.key
