"""The steps of a photo from its upload to the galleries.

receive_photo → analyze_photo → (when no photo of the event waits) sort_event
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.services import start_availability
from picprocure.faces.engine import FaceEngine
from picprocure.faces.errors import FacesError, ModelError
from picprocure.faces.types import FoundFace, turn_of_faces
from picprocure.imaging.errors import UnusableImage
from picprocure.notifications import announcements
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.intake import receive
from picprocure.photos.models import Photo, PhotoQuerySet
from picprocure.photos.services import (
    StoredPhoto,
    ensure_open_for_photos,
    photo_limits,
    store_original,
    store_renditions,
    store_turned_original,
)
from picprocure.photos.usage import change_usage, count_again, share_of
from picprocure.pipeline import gathering, turns
from picprocure.pipeline.queue import (
    queue_announcements,
    queue_mails,
    queue_pending_trial,
    queue_publishing,
    queue_sorting_if_due,
)
from picprocure.recognition.analysis import find_faces, lock_matched_people, replace_faces
from picprocure.recognition.collisions import record_collisions
from picprocure.recognition.engines import current_engine, replaced
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import Sorting
from picprocure.recognition.reembedding import renew_references
from picprocure.recognition.release_preview import count_preview, refresh_preview
from picprocure.recognition.sorting import compute_sorting, request_sorting
from picprocure.storage import claims, files
from picprocure.storage.batches import batched

logger = logging.getLogger(__name__)

CRASHED = (
    "{name} stopped the face analysis {count} times. "
    "Try again, or save the photo with another program and upload that."
)
BROKEN = (
    "{name} couldn't be analyzed after {count} attempts. The photo isn't the problem; see the "
    "site's log. Try again later."
)


class OutdatedEngine(Exception):
    """The site doesn't use this process's face engine any more. The message says what to do."""

    is_safe_to_log = True  # the message contains no personal data


def receive_photo(
    *, event: Event, uploaded_by: User, upload: IO[bytes], name: str, size: int
) -> StoredPhoto:
    """Check and clean one uploaded photo, store it, and queue its analysis.

    Args:
        event: The event.
        uploaded_by: The person who uploads.
        upload: The uploaded file.
        name: Its name.
        size: Its size in bytes.

    Raises:
        RegistrationStillOpen: The event takes no photos until registration closes.
        EventEnded: The event has ended.
        RefusedPhoto: The file is not accepted. Nothing is stored.
    """
    ensure_open_for_photos(event)
    clean = receive(
        upload,
        name=name,
        size=size,
        limits=photo_limits(),
        keep_metadata=event.keeps_metadata,
        keep_time=event.keeps_time,
    )
    stored = store_original(event=event, uploaded_by=uploaded_by, clean=clean)
    if stored.is_new:
        turns.queue_photos(event.pk)
    return stored


def analyze_photo(photo_id: UUID) -> None:
    """Make the renditions and find the faces of one photo, under a lease.

    A photo that can't be read is marked as failed, with the reason. After any other error, it
    waits for another attempt.

    Raises:
        OutdatedEngine: This process has another engine than the site, so other workers have to
            analyze the photo.
    """
    try:
        engine, photo = _claim(turns.with_following(Photo.objects.waiting()), photo_id)
    except OutdatedEngine:
        turns.queue_again(photo_id)  # or its event's turns would end
        raise
    if photo is None:
        return
    following = photo.following  # type: ignore[attr-defined] # annotated
    turns.queue_next(photo.event_id, following=following)
    with claims.working_on(photo, lease=settings.LEASE, waits_after_error=True):
        if photo.crashes >= settings.MAX_CRASHES:
            _fail(photo, CRASHED.format(name=photo.name, count=photo.crashes))
        elif photo.errors >= settings.MAX_ERRORS:
            _fail(photo, BROKEN.format(name=photo.name, count=photo.errors))
        else:
            _analyze(photo, engine)
    queue_sorting_if_due(photo.event_id)


def _claim(rows: QuerySet[claims.W], pk: UUID) -> tuple[FaceEngine, claims.W | None]:
    """Claim a row, if this process has the face engine that the site uses.

    Raises:
        OutdatedEngine: It has another one. The row is left to other workers.
    """
    engine = current_engine()
    claimed = claims.claim(rows.filter(~replaced(engine)), pk, lease=settings.LEASE)
    if claimed is None and rows.filter(replaced(engine), claims.unclaimed(), pk=pk).update(
        queued_at=None
    ):
        raise OutdatedEngine(
            f"This process has the face engine {engine.version}, which is not the one that the "
            "site has been started with since. Restart it, with the same models and settings."
        )
    return engine, claimed


def _analyze(photo: Photo, engine: FaceEngine) -> None:
    try:
        faces = find_faces(photo, engine)  # first, since it may kill the process
        turned = _turned_original(photo, faces)
        renditions = store_renditions(photo, original_key=turned.get("original_key", ""))
    except ModelError:
        raise  # not the photo's fault: try it again once the model is there
    except (FacesError, UnusableImage, RefusedPhoto) as error:
        _fail(photo, str(error))
        return
    except FileNotFoundError:
        # There is nothing to deliver any more, so galleries lose it.
        _fail(photo, "The stored file is missing. Upload the photo again.", analyzed_at=None)
        return
    with transaction.atomic():
        lock_matched_people(photo)
        changes = {
            "status": Photo.Status.ANALYZED,
            "engine_version": engine.version,
            "analyzed_at": timezone.now(),
            "face_count": len(faces),
            "thumbnail_key": renditions.thumbnail_key,
            "web_key": renditions.web_key,
            **turned,
        }
        if claims.finish(photo, **changes):
            files.discard([photo.thumbnail_key, photo.web_key])
            files.keep(renditions.thumbnail_key, renditions.web_key)
            if turned:
                files.discard_later([photo.original_key])
                files.keep(turned["original_key"])
            replace_faces(photo, faces, engine_version=engine.version)
            change_usage(photo.event_id, added=share_of(photo, **changes), removed=share_of(photo))
            request_sorting(photo.event_id, gathered=True)  # last, as everywhere
        else:  # the photo was deleted, or another process has claimed it
            unused = turned.get("original_key", "")
            files.discard([renditions.thumbnail_key, renditions.web_key, unused])


def _turned_original(photo: Photo, faces: Sequence[FoundFace]) -> dict[str, Any]:
    """Store the original turned upright, and return the changes of the row, if there are any."""
    turn = turn_of_faces(faces)
    return asdict(store_turned_original(photo, turn)) if turn else {}


def _fail(photo: Photo, reason: str, **changes: Any) -> None:
    with transaction.atomic():
        if claims.finish(photo, status=Photo.Status.FAILED, failure=reason[:300], **changes):
            count_again([photo.event_id])
            request_sorting(photo.event_id, gathered=True)
    logger.warning("Photo %s failed.", photo.pk)


def sort_event(event_id: UUID) -> None:
    """Cluster an event's faces, match them with the registered people, and release the photos.

    Does nothing while photos of the event wait. The last of them queues the sorting again. If
    sorting the event takes long, it may also wait for more photos (`pipeline/gathering.py`).

    Raises:
        OutdatedEngine: This process has another engine than the site, so other workers have to
            sort the event.
    """
    if Photo.objects.waiting().filter(event_id=event_id).exists():
        return
    engine, sorting = _claim(Sorting.objects.due(), event_id)
    if sorting is None:
        gathering.leave_to_sweep(event_id)
        return
    with claims.working_on(sorting, lease=settings.LEASE):
        if sorting.crashes >= settings.MAX_CRASHES or sorting.errors >= settings.MAX_ERRORS:
            _give_up(sorting)
        else:
            _sort(sorting, engine)
    queue_sorting_if_due(event_id)  # it may have been requested again while this ran
    queue_pending_trial(event_id)


def _give_up(sorting: Sorting) -> None:
    logger.error("Sorting of event %s gave up.", sorting.pk)
    failure = "Matching stopped several times without a result."
    _finish_sorting(sorting, done=sorting.requested, failure=failure)


def _sort(sorting: Sorting, engine: FaceEngine) -> None:
    event, started_at = sorting.event, timezone.now()
    # Embeddings of two engines can't be compared, so a new engine analyzes all photos again.
    if analyze_again(Photo.objects.outdated(engine.version).filter(event=event)):
        _finish_sorting(sorting)
        return
    renew_references(event, engine)
    computed = compute_sorting(event, engine_version=engine.version)
    unopened = batched(sorted(computed.faces.unopened))
    if sum(analyze_again(Photo.objects.analyzed().filter(pk__in=batch)) for batch in unopened):
        _finish_sorting(sorting)
        return
    if not write_sorting(computed, is_claimed=lambda: claims.renew(sorting, lease=settings.LEASE)):
        return
    with transaction.atomic():
        _release_photos(event, sorting_started_at=started_at)
        count_again([event.pk])
        # Last: all transactions lock people and photos before they request a sorting.
        if not _finish_sorting(
            sorting,
            done=sorting.requested,
            failure="",
            sorted_at=timezone.now(),
            not_before=gathering.end_of_gathering(started_at),
            **computed.strictness,
            **count_preview(event).fields,
        ):
            transaction.set_rollback(True)
        else:
            queue_announcements(event.pk)
            queue_publishing(event.pk)


def _finish_sorting(sorting: Sorting, **changes: Any) -> bool:
    return claims.finish(sorting, attempts=0, errors=0, **changes)


def compare_newcomers(event_id: UUID) -> None:
    """Compare the faces of an event's newcomers with the others, and tell the creator."""
    event = Event.objects.filter(pk=event_id).first()
    if event is not None and record_collisions(event, of_newcomers=True):
        queue_announcements(event_id)
        queue_publishing(event_id)  # newcomers who now wait see no photos
        refresh_preview(event_id)


def announce(event_id: UUID) -> None:
    """Write the announcements of an event, and queue their sending."""
    announcements.announce(event_id)
    queue_mails()


def analyze_again(photos: PhotoQuerySet) -> int:
    """Queue the analysis of photos again, and return how many."""
    events = dict(photos.values_list("pk", "event"))
    for batch in batched(list(events)):
        with transaction.atomic():
            photos.filter(pk__in=batch).await_analysis()
            count_again({events[pk] for pk in batch})
    for event_id in set(events.values()):
        turns.queue_photos(event_id)
    return len(events)


def _release_photos(event: Event, *, sorting_started_at: datetime) -> None:
    """Release photos that this sorting sorted, and start their availability.

    Unreleased photos are released only if the sorting started after the opening: so it knew
    everyone who registered in time.
    """
    # No photo may come in between.
    locked = Event.objects.select_for_update(no_key=True).filter(pk=event.pk).first()
    if locked is None:  # it was deleted
        return
    photos = Photo.objects.filter(event=event)
    sorted_now = photos.analyzed().filter(analyzed_at__lte=sorting_started_at)
    due = sorted_now.due_for_release(sorting_started_at)
    if not locked.releases_at_close:
        announcements.announce_again(locked, photos=due)
    if due.update(released_at=timezone.now(), waits_for_release=False):
        start_availability(event=event)
    if locked.has_unreleased_photos and not photos.unreleased().exists():
        Event.objects.filter(pk=event.pk).update(has_unreleased_photos=False)
