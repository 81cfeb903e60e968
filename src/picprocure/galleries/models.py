"""Galleries that lie at the store as containers."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from picprocure.events.models import Registration
from picprocure.storage import keys


class PublishedGallery(models.Model):
    """A container with copies of the photos of one person in one event, as they were once.

    It is never changed: when the person may see other photos, it goes, and another one comes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # its name
    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="published_gallery"
    )
    photos_digest = models.CharField(max_length=64)  # SHA-256 of which photos, in hexadecimal
    policy = models.UUIDField(default=uuid.uuid4)  # the stored access policy its link rests on
    open_until = models.DateTimeField(null=True)  # as the policy says; none while it is filled
    filled_at = models.DateTimeField(default=timezone.now)  # when its last photo so far came

    class Meta:
        verbose_name_plural = "published galleries"

    def __str__(self) -> str:
        return f"published gallery {self.pk}"

    @property
    def folder(self) -> str:
        return keys.published_folder(self.pk)
