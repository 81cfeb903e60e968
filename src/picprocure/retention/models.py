"""What remains of what was erased."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class ErasureReceipt(models.Model):
    """That something was erased, and how much: no name, no address, no face."""

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        WITHDRAWAL = "withdrawal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    erased_at = models.DateTimeField(default=timezone.now)
    counts = models.JSONField()  # what kind of thing, how many of it

    def __str__(self) -> str:
        return f"receipt {self.id}"
