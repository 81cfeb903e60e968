"""The photos of an event."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed_zone
from typing import ClassVar, Final, Self

from django.db import models
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.storage.claims import Claimable

BY_CAPTURE: Final = ("is_undated", "taken_at", "uploaded_at", "name", "id")
"""The order in which photos are displayed and downloaded."""


class PhotoQuerySet(models.QuerySet["Photo"]):
    def waiting(self) -> Self:
        return self.filter(status=Photo.Status.WAITING)

    def in_queue(self) -> Self:
        """Keep waiting photos that a worker gets next, or has."""
        # A range, unlike "is not null", is looked up in the index by every database.
        return self.waiting().filter(queued_at__gt=datetime(1970, 1, 1, tzinfo=UTC))

    def analyzed(self) -> Self:
        return self.filter(status=Photo.Status.ANALYZED)

    def failed(self) -> Self:
        return self.filter(status=Photo.Status.FAILED)

    def with_faces(self) -> Self:
        """Keep photos that were analyzed at least once, even if they wait to be analyzed again."""
        return self.filter(analyzed_at__isnull=False)

    def outdated(self, engine_version: str) -> Self:
        """Keep photos analyzed by another engine, whose faces can't be compared with new ones."""
        return self.analyzed().exclude(engine_version=engine_version)

    def unreleased(self) -> Self:
        """Keep photos that only hosts may see, since their event's galleries are not open yet."""
        return self.filter(waits_for_release=True)

    def to_release_by_hand(self) -> Self:
        """Keep photos that no guest sees until a host releases them. Failed ones can't be seen."""
        by_hand = ~models.Q(event__release=Event.Release.AT_CLOSE)
        return self.unreleased().exclude(status=Photo.Status.FAILED).filter(by_hand)

    def due_for_release(self, at: datetime) -> Self:
        """Keep photos that are released by the sorting that starts at this time.

        They may still wait for their analysis.
        """
        by_hand = ~models.Q(event__release=Event.Release.AT_CLOSE)
        may_be_seen = models.Q(waits_for_release=False)
        is_closed = ~by_hand & models.Q(event__registration_closes_at__lte=at)
        is_requested = by_hand & models.Q(
            event__release_requested_at__lte=at,
            event__release_requested_at__gte=models.F("uploaded_at"),
        )
        return self.exclude(status=Photo.Status.FAILED).filter(
            may_be_seen | is_closed | is_requested, released_at__isnull=True
        )

    def before(self, photo: Photo) -> Self:
        """Keep photos that come before this one in the order of `BY_CAPTURE`."""
        before, equal = models.Q(), models.Q()
        for field in BY_CAPTURE:
            value = getattr(photo, field)
            if value is not None:  # both are undated
                before |= equal & models.Q((f"{field}__lt", value))
                equal &= models.Q((field, value))
        return self.filter(before)

    def await_analysis(self) -> int:
        """Mark photos as not analyzed, and reset their attempts. Return their number."""
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
    """A stored original, its renditions, and the state of its analysis.

    Files are stored as keys. There is no file field, since such a field could give out an address.
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
    is_undated = models.BooleanField(default=True)  # so that an index has photos without time last
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)  # of the uploaded bytes, before cleaning
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveBigIntegerField()  # of the stored, clean original
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # By how many degrees the original was turned clockwise when it was analyzed: 0, 90, 180 or 270.
    # The size above and the boxes of faces are those of the turned original.
    turn = models.PositiveSmallIntegerField(default=0)
    has_metadata = models.BooleanField(default=False)  # more than the capture time was kept
    original_key = models.CharField(max_length=255)
    web_key = models.CharField(max_length=255, blank=True)
    thumbnail_key = models.CharField(max_length=255, blank=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    failure = models.CharField(max_length=300, blank=True)
    engine_version = models.CharField(max_length=60, blank=True)  # that found its faces
    face_count = models.PositiveIntegerField(default=0)  # found by the latest analysis
    analyzed_at = models.DateTimeField(null=True)  # the last time that this succeeded
    # When its matches were first decided, or if it was unreleased, when the galleries opened.
    released_at = models.DateTimeField(null=True)
    # Whether it is unreleased: it came before the opening, so no guest may learn of it yet.
    waits_for_release = models.BooleanField(default=False)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = [*BY_CAPTURE]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "sha256"], name="same_bytes_once_per_event"),
            models.CheckConstraint(
                condition=models.Q(is_undated=True, taken_at=None)
                | models.Q(is_undated=False, taken_at__isnull=False),
                name="undated_without_time",
            ),
            models.CheckConstraint(
                condition=models.Q(waits_for_release=False) | models.Q(released_at=None),
                name="unreleased_or_released",
            ),
        ]
        # They have all that is counted for large events, in which order photos are displayed, and
        # which waiting photos are queued next.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["event", "status", "analyzed_at", "face_count", "size_bytes"]),
            models.Index(fields=["event", *BY_CAPTURE, "status"]),
            models.Index(fields=["status", "queued_at", "event", "uploaded_at"]),
            models.Index(
                fields=["claimed_until"],
                condition=models.Q(claimed_until__isnull=False),
                name="claimed_photos",
            ),
            models.Index(
                fields=["event", "status"],
                condition=models.Q(waits_for_release=True),
                name="unreleased_photos",
            ),
        ]

    def __str__(self) -> str:
        return f"photo {self.id}"

    def set_capture_time(self, camera_time: datetime | None) -> None:
        """Set the time that the camera stored, which is naive if it stored no offset from UTC."""
        offset = camera_time.utcoffset() if camera_time else None
        self.taken_local = camera_time.replace(tzinfo=None).isoformat() if camera_time else ""
        self.taken_offset_minutes = None if offset is None else offset // timedelta(minutes=1)
        self.derive_capture_time()

    def derive_capture_time(self) -> None:
        """Compute `taken_at` from the camera's time, in the event's zone if it has no offset."""
        local = datetime.fromisoformat(self.taken_local) if self.taken_local else None
        minutes = self.taken_offset_minutes
        camera_zone = None if minutes is None else fixed_zone(timedelta(minutes=minutes))
        self.taken_at = local and local.replace(tzinfo=camera_zone or self.event.zone)
        self.is_undated = self.taken_at is None

    @property
    def storage_keys(self) -> list[str]:
        """The keys of all objects that belong to this photo."""
        return [key for key in (self.original_key, self.web_key, self.thumbnail_key) if key]


class EventUsage(models.Model):
    """What an event's photos add up to, for limits and for what hosts see.

    It is changed in the transactions that change photos (`photos/usage.py`), so that limits and
    pages cost the same in an event of any size. An event without photos may have no row.
    """

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="usage"
    )
    photos = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)  # of their originals
    analyzed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    waiting_again = models.PositiveIntegerField(default=0)  # waiting, and analyzed before
    unreleased = models.PositiveIntegerField(default=0)  # without failed ones
    faces = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"usage of event {self.event_id}"

    @property
    def waiting(self) -> int:
        return max(0, self.photos - self.analyzed - self.failed)
