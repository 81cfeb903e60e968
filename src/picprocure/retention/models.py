"""Receipts of deletions."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class ErasureReceipt(models.Model):
    """A record that something was deleted, and how much, without name, address or face."""

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        WITHDRAWAL = "withdrawal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    erased_at = models.DateTimeField(default=timezone.now)
    counts = models.JSONField()  # how many by the name of each kind

    def __str__(self) -> str:
        return f"receipt {self.id}"
