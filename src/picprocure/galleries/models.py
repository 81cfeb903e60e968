"""Published galleries: containers of the store."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from picprocure.events.models import Registration
from picprocure.storage import keys


class PublishedGallery(models.Model):
    """A container with copies of the photos in one gallery.

    It is never changed. When the person may see other photos, it is deleted and another one is
    made.
    """

    # The name of the container.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="published_gallery"
    )
    photos_digest = models.CharField(
        max_length=64
    )  # SHA-256 of the ids of its photos, in hexadecimal
    policy = models.UUIDField(default=uuid.uuid4)  # the stored access policy of its link
    open_until = models.DateTimeField(null=True)  # as in the policy; None while it is filled
    filled_at = models.DateTimeField(default=timezone.now)  # when the last photo was copied

    class Meta:
        verbose_name_plural = "published galleries"

    def __str__(self) -> str:
        return f"published gallery {self.pk}"

    @property
    def folder(self) -> str:
        return keys.published_folder(self.pk)
