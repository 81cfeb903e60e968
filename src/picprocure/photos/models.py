"""The photos of an event."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from datetime import timezone as fixed_zone
from typing import ClassVar, Final, Self

from django.db import models
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.storage.claims import Claimable

BY_CAPTURE: Final = (models.F("taken_at").asc(nulls_last=True), "uploaded_at", "name")
"""The order in which photos are shown and downloaded."""


class PhotoQuerySet(models.QuerySet["Photo"]):
    def waiting(self) -> Self:
        return self.filter(status=Photo.Status.WAITING)

    def analyzed(self) -> Self:
        return self.filter(status=Photo.Status.ANALYZED)

    def failed(self) -> Self:
        return self.filter(status=Photo.Status.FAILED)

    def outdated(self, engine_version: str) -> Self:
        """Analyzed by another engine: their faces can't be compared with today's."""
        return self.analyzed().exclude(engine_version=engine_version)

    def unreleased(self) -> Self:
        """Photos on their way: analyzed or not, nobody's matches are decided yet."""
        return self.exclude(status=Photo.Status.FAILED).filter(released_at__isnull=True)

    def await_analysis(self) -> int:
        """Put photos back to be analyzed, as if nobody had tried yet."""
        return self.update(
            status=Photo.Status.WAITING,
            failure="",
            attempts=0,
            errors=0,
            queued_at=None,
            claim=None,
            claimed_until=None,
        )


class Photo(Claimable):
    """One stored original, its renditions, and how far its analysis is.

    Files are named by storage keys, never by a field that could hand out an address.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        ANALYZED = "analyzed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="photos")
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    # The camera's local time in ISO 8601, and its offset from UTC. Without an offset, the event's
    # time zone is used. Both are empty for photos from before these fields existed.
    taken_local = models.CharField(max_length=26, blank=True)
    taken_offset_minutes = models.SmallIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)  # of the bytes that came in, before cleaning
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveBigIntegerField()  # of the stored, clean original
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    has_metadata = models.BooleanField(default=False)  # the stored original says where, by whom …
    original_key = models.CharField(max_length=255)
    web_key = models.CharField(max_length=255, blank=True)
    thumbnail_key = models.CharField(max_length=255, blank=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    failure = models.CharField(max_length=300, blank=True)
    engine_version = models.CharField(max_length=60, blank=True)  # that found its faces
    analyzed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)  # when its matches were first decided

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[models.OrderBy | str]] = [*BY_CAPTURE]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "sha256"], name="same_bytes_once_per_event")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["event", "status"])]

    def __str__(self) -> str:
        return f"photo {self.id}"

    def note_capture_time(self, said: datetime | None) -> None:
        """Store the camera's time. ``said`` is naive if the camera stored no offset from UTC."""
        offset = said.utcoffset() if said else None
        self.taken_local = said.replace(tzinfo=None).isoformat() if said else ""
        self.taken_offset_minutes = None if offset is None else offset // timedelta(minutes=1)
        self.derive_capture_time()

    def derive_capture_time(self) -> None:
        """Compute the moment from the camera's time, in the event's zone if it has no offset."""
        local = datetime.fromisoformat(self.taken_local) if self.taken_local else None
        minutes = self.taken_offset_minutes
        own = None if minutes is None else fixed_zone(timedelta(minutes=minutes))
        self.taken_at = local and local.replace(tzinfo=own or self.event.zone)

    @property
    def storage_keys(self) -> list[str]:
        """Every object this row owns."""
        return [key for key in (self.original_key, self.web_key, self.thumbnail_key) if key]
