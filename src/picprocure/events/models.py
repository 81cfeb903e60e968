"""Events and registrations."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from picprocure.accounts.models import User


class EventQuerySet(models.QuerySet["Event"]):
    def live(self) -> Self:
        """Events that have not expired."""
        return self.filter(expires_at__gt=timezone.now())

    def newest_first(self) -> Self:
        return self.order_by("-created_at")


class Event(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    creator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="created_events")
    name = models.CharField(max_length=80)
    description = models.TextField(max_length=2000, blank=True)
    cover_key = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    registration_closes_at = models.DateTimeField()
    # Until photos are released: the last moment to upload some. Afterwards: how long they stay.
    expires_at = models.DateTimeField(db_index=True)

    objects = EventQuerySet.as_manager()

    def __str__(self) -> str:
        return f"event {self.id}"

    @property
    def registration_is_open(self) -> bool:
        return timezone.now() < self.registration_closes_at


class Registration(models.Model):
    """A person takes part in an event and wants the photos they are in."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="registrations")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="registrations")
    registered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["registered_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "user"], name="one_registration_per_person")
        ]

    def __str__(self) -> str:
        return f"registration {self.pk}"
