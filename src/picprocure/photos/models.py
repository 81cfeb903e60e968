"""The photos of an event."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.work import Work


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


class Photo(Work):
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
    taken_at = models.DateTimeField(null=True)  # as its camera said
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
        ordering: ClassVar[list[models.F | models.OrderBy | str]] = [
            models.F("taken_at").asc(nulls_last=True),
            "uploaded_at",
            "name",
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "sha256"], name="same_bytes_once_per_event")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["event", "status"])]

    def __str__(self) -> str:
        return f"photo {self.id}"

    @property
    def storage_keys(self) -> list[str]:
        """Every object this row owns."""
        return [key for key in (self.original_key, self.web_key, self.thumbnail_key) if key]
