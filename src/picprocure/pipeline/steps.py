"""The steps of one photo's way, in their order.

receive_photo → analyze_photo → (when no photo of the event waits) sort_event
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event, Registration
from picprocure.events.services import start_availability
from picprocure.faces.errors import FacesError
from picprocure.photos import work
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import receive
from picprocure.photos.models import Photo
from picprocure.photos.services import (
    StoredPhoto,
    ensure_open_for_photos,
    photo_limits,
    store_original,
    store_renditions,
)
from picprocure.pipeline.queue import queue_analysis, queue_sorting
from picprocure.recognition.analysis import find_faces, replace_faces
from picprocure.recognition.engines import current_engine
from picprocure.recognition.models import Sorting
from picprocure.recognition.sorting import EventFaces, cluster_event, match_event, request_sorting
from picprocure.retention.sweep import sweep as sweep_expired
from picprocure.storage import files

logger = logging.getLogger(__name__)


def receive_photo(
    *, event: Event, uploaded_by: User, upload: IO[bytes], name: str, size: int
) -> StoredPhoto:
    """Check and clean one uploaded photo, store it, and queue its analysis.

    Raises RegistrationStillOpen or RefusedPhoto; nothing is stored then.
    """
    ensure_open_for_photos(event)
    clean = receive(upload, name=name, size=size, limits=photo_limits())
    stored = store_original(event=event, uploaded_by=uploaded_by, clean=clean)
    if stored.is_new:
        queue_analysis(stored.photo.pk)
    return stored


def analyze_photo(photo_id: UUID) -> None:
    """Make the renditions and find the faces of one photo, under a lease.

    A photo that can't be read is marked failed with the reason. Whatever else goes wrong
    leaves the lease to run out, and another attempt follows.
    """
    photo = work.claim(Photo.objects.waiting(), photo_id, lease=settings.LEASE)
    if photo is None:
        return
    if photo.attempts > settings.MAX_ATTEMPTS:
        _fail(photo, "The analysis stopped several times without a result.")
    else:
        _analyze(photo)
    if not Photo.objects.waiting().filter(event_id=photo.event_id).exists():
        resort_event(photo.event)


def _analyze(photo: Photo) -> None:
    engine = current_engine()
    try:
        renditions = store_renditions(photo)
        found = find_faces(photo, engine)
    except (FacesError, RefusedPhoto) as error:
        _fail(photo, str(error))
        return
    except FileNotFoundError:
        _fail(photo, "The stored file is gone. Upload the photo again.")
        return
    with transaction.atomic():
        if work.finish(
            photo,
            status=Photo.Status.ANALYZED,
            analyzed_at=timezone.now(),
            failure="",
            thumbnail_key=renditions.thumbnail_key,
            web_key=renditions.web_key,
        ):
            files.keep(renditions.thumbnail_key, renditions.web_key)
            replace_faces(photo, found, engine_version=engine.version)


def _fail(photo: Photo, reason: str) -> None:
    work.finish(photo, status=Photo.Status.FAILED, failure=reason[:300])
    logger.warning("Photo %s failed.", photo.pk)


def retry_photos(event: Event, photo_ids: list[UUID] | None = None) -> int:
    """Put failed photos back to be analyzed: those given, or all. Returns how many."""
    failed = Photo.objects.failed().filter(event=event)
    if photo_ids is not None:
        failed = failed.filter(pk__in=photo_ids)
    chosen = list(failed.values_list("pk", flat=True))
    failed.filter(pk__in=chosen).update(
        status=Photo.Status.WAITING, failure="", attempts=0, queued_at=None
    )
    for photo_id in chosen:
        queue_analysis(photo_id)
    return len(chosen)


def resort_event(event: Event) -> None:
    """Ask for an event to be sorted again."""
    request_sorting(event)
    queue_sorting(event.pk)


def resort_events_of(user: User) -> None:
    """The references of a person changed: every event they registered for is out of date."""
    for registration in Registration.objects.filter(user=user).select_related("event"):
        resort_event(registration.event)


def sort_event(event_id: UUID) -> None:
    """Cluster an event's faces, match them with the registered people, release the photos.

    Does nothing while photos of the event still wait: the last of them asks again.
    """
    if Photo.objects.waiting().filter(event_id=event_id).exists():
        return
    sorting = work.claim(Sorting.objects.wanted(), event_id, lease=settings.LEASE)
    if sorting is None:
        return
    if sorting.attempts > settings.MAX_ATTEMPTS:
        logger.error("Sorting of event %s gave up.", event_id)
        work.finish(
            sorting,
            done=sorting.requested,
            attempts=0,
            failure="Sorting stopped several times without a result.",
        )
        return
    _sort(sorting)
    if Sorting.objects.wanted().filter(pk=event_id).exists():
        queue_sorting(event_id)  # asked for again while this ran


def _sort(sorting: Sorting) -> None:
    event, begun = sorting.event, timezone.now()
    engine_version = current_engine().version
    faces = EventFaces(event, engine_version=engine_version)
    clusters = cluster_event(faces)
    with transaction.atomic():
        if work.finish(
            sorting, done=sorting.requested, attempts=0, failure="", sorted_at=timezone.now()
        ):
            match_event(event, faces, clusters, engine_version=engine_version)
            _release_photos(event, analyzed_before=begun)


def _release_photos(event: Event, *, analyzed_before: datetime) -> None:
    sorted_now = Photo.objects.analyzed().filter(
        event=event, released_at__isnull=True, analyzed_at__lte=analyzed_before
    )
    if sorted_now.update(released_at=timezone.now()):
        start_availability(event=event)


def requeue() -> int:
    """Put back what no worker works on and no live job stands for. Returns how many."""
    photos = Photo.objects.waiting().filter(work.stale(settings.LEASE))
    sortings = (
        Sorting.objects.wanted()
        .filter(work.stale(settings.LEASE))
        .exclude(event__in=Photo.objects.waiting().values("event"))
    )
    photo_ids = list(photos.values_list("pk", flat=True))
    event_ids = list(sortings.values_list("pk", flat=True))
    for photo_id in photo_ids:
        queue_analysis(photo_id)
    for event_id in event_ids:
        queue_sorting(event_id)
    return len(photo_ids) + len(event_ids)


def sweep() -> None:
    """What is done every half minute: put lost jobs back, then let go what has expired."""
    requeued = requeue()
    if requeued:
        logger.info("Put %d jobs back on the queue.", requeued)
    sweep_expired()
