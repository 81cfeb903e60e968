"""What people change after the fact, together with asking for what is then out of date.

Each is one transaction, so that no change is ever left without its consequences.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.pipeline.queue import queue_analysis, queue_sorting
from picprocure.recognition.enrollment import StoredReference, enroll
from picprocure.recognition.models import Reference
from picprocure.recognition.sorting import request_sorting
from picprocure.retention.erasure import erase_photo


@transaction.atomic
def replace_reference(*, user: User, reference: StoredReference, consent_version: str) -> Reference:
    """A new profile photo: every event the person registered for is sorted again."""
    enrolled = enroll(user=user, reference=reference, consent_version=consent_version)
    for event_id in user.registrations.values_list("event", flat=True):
        _sort_again(event_id)
    return enrolled


@transaction.atomic
def delete_photo(photo: Photo) -> None:
    """Take one photo back; the event's other photos may have waited for it."""
    erase_photo(photo)
    _sort_again(photo.event_id)


@transaction.atomic
def retry_photos(event: Event, photo_ids: list[UUID] | None = None) -> int:
    """Put failed photos back to be analyzed, those given or all, and sort again.

    Returns how many photos.
    """
    failed = Photo.objects.failed().filter(event=event)
    if photo_ids is not None:
        failed = failed.filter(pk__in=photo_ids)
    chosen = list(failed.values_list("pk", flat=True))
    Photo.objects.filter(pk__in=chosen).await_analysis()
    for photo_id in chosen:
        queue_analysis(photo_id)
    _sort_again(event.pk)
    return len(chosen)


def _sort_again(event_id: UUID) -> None:
    request_sorting(event_id)
    queue_sorting(event_id)
