"""Published galleries: containers of the store, each with a link that can be revoked.

A container has copies of the photos in one gallery, and a random name. Its link depends on a stored
access policy. When the person may see other photos than the copied ones, or none any more, the
container is deleted with its policy, and all links to it end.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.galleries.access import Visitor, galleries_of, photos_visible_to
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.photos.names import unique_names
from picprocure.storage import files, keys
from picprocure.storage.batches import batched

logger = logging.getLogger(__name__)

# Copying a photo takes less than this. After that, the process that filled the container is dead.
MAX_COPY_TIME: Final = timedelta(minutes=5)


def is_possible() -> bool:
    """Return whether the site's store supports links to folders that can be revoked."""
    return files.supports_folder_links()


def link_of(visitor: Visitor, event: Event) -> str | None:
    """Return the link to the visitor's container, if it has exactly the photos they may see."""
    gallery = PublishedGallery.objects.filter(
        registration__event=event, registration__user=visitor.pk, open_until__gt=timezone.now()
    ).first()
    if gallery is None or not is_possible() or not _is_up_to_date(gallery):
        return None
    return files.folder_link(gallery.folder, policy=str(gallery.policy))


def revoke_outdated(event_id: UUID) -> int:
    """Delete the outdated containers of an event, and return how many."""
    event = Event.objects.filter(pk=event_id).first()
    outdated = _outdated(event) if event else []
    for gallery in outdated:
        gallery.delete()
    return len(outdated)


def publish(event_id: UUID) -> int:
    """Publish the galleries of an event, and extend links to the event's end.

    Does nothing for galleries that are published already.

    Returns:
        The number of containers that were opened.
    """
    revoke_outdated(event_id)
    event = Event.objects.filter(pk=event_id).first()
    if event is None or not is_possible():
        return 0
    _prolong(event)
    return sum(_publish(registration) for registration in _unpublished(event))


def events_to_publish() -> list[UUID]:
    """Return the ids of events whose containers have to be deleted, made or extended."""
    galleries = PublishedGallery.objects.values_list("registration", flat=True)
    # Two queries, since one with "or" would read all events of the site.
    event_ids = set(Event.objects.filter(is_published=True).values_list("pk", flat=True))
    for batch in batched(list(galleries)):
        event_ids.update(Registration.objects.filter(pk__in=batch).values_list("event", flat=True))
    return [
        event.pk
        for batch in batched(sorted(event_ids))
        for event in Event.objects.filter(pk__in=batch)
        if _has_work(event)
    ]


def discard_container(instance: PublishedGallery, **_signal: Any) -> None:
    """Delete a container before its row is deleted, in the same transaction."""
    files.discard_folder(instance.folder)


def _has_work(event: Event) -> bool:
    """Return whether containers of an event have to be deleted, made or extended."""
    if _outdated(event):
        return True
    return is_possible() and (bool(_unpublished(event)) or _ending_early(event).exists())


def _outdated(event: Event) -> list[PublishedGallery]:
    """Return published galleries whose photos aren't those that their person may see."""
    galleries = list(PublishedGallery.objects.filter(registration__event=event))
    if not galleries:
        return []
    visible = galleries_of(event) if event.is_published else {}
    return [
        gallery
        for gallery in galleries
        if not _has_exactly(gallery, visible.get(gallery.registration_id, ()))
    ]


def _unpublished(event: Event) -> list[Registration]:
    """Return registrations with a gallery that should be published and isn't."""
    if not event.is_published:
        return []
    visible = galleries_of(event)
    registrations = event.registrations.filter(published_gallery=None)
    return [
        registration
        for registration in registrations.select_related("user", "event")
        if registration.pk in visible
    ]


def _publish(registration: Registration) -> bool:
    """Publish a gallery, and return whether its container was opened."""
    photos = list(photos_visible_to(registration.user, registration.event))
    if not photos:  # they were deleted since
        return False
    try:
        with transaction.atomic():
            gallery = PublishedGallery.objects.create(
                registration=registration, photos_digest=_digest(photo.pk for photo in photos)
            )
    except IntegrityError:  # another process publishes it, or the person just left
        return False
    try:
        copied_keys = list(_copy(gallery, photos))
        until = registration.event.expires_at
        files.open_folder(gallery.folder, policy=str(gallery.policy), until=until)
    except OSError:
        logger.exception("Gallery %s can't be published; the sweep tries again.", gallery.pk)
        gallery.delete()
        return False
    return _finish(gallery, copied_keys, until)


def _copy(gallery: PublishedGallery, photos: list[Photo]) -> Iterator[str]:
    """Copy photos one by one, until the gallery is revoked. Yield their keys.

    Raises:
        OSError: The store failed. FileNotFoundError means that a photo was deleted.
    """
    names = unique_names([photo.name for photo in photos])
    for photo, name in zip(photos, names, strict=True):
        rows = PublishedGallery.objects.filter(pk=gallery.pk)
        if not rows.update(filled_at=timezone.now()):
            return
        key = keys.published_photo(gallery.pk, name)
        with files.open_stored(photo.original_key) as original:
            files.store(key, original.read())
        yield key


@transaction.atomic
def _finish(gallery: PublishedGallery, copied_keys: list[str], until: datetime) -> bool:
    """Record a container as open, unless the gallery changed while it was filled.

    A change that commits later finds the row and deletes it.

    Returns:
        Whether the container is open.
    """
    rows = PublishedGallery.objects.select_for_update().filter(pk=gallery.pk)
    locked = rows.first()
    if locked is None:
        files.discard_folder(gallery.folder)
        return False
    if not _is_up_to_date(locked):
        locked.delete()
        return False
    files.keep(*copied_keys)
    return bool(rows.update(open_until=until))


def _prolong(event: Event) -> None:
    """Extend links to the end of the event, if it ends later than before."""
    until = event.expires_at
    for gallery in _ending_early(event):
        try:
            files.open_folder(gallery.folder, policy=str(gallery.policy), until=until)
        except OSError:
            logger.exception("Gallery %s can't be kept open; the sweep tries again.", gallery.pk)
        else:
            PublishedGallery.objects.filter(pk=gallery.pk).update(open_until=until)


def _ending_early(event: Event) -> QuerySet[PublishedGallery]:
    """Return published galleries whose links don't end with the event."""
    opened = PublishedGallery.objects.filter(registration__event=event, open_until__isnull=False)
    return opened.exclude(open_until=event.expires_at)


def _is_up_to_date(gallery: PublishedGallery) -> bool:
    """Return whether a published gallery has exactly the photos that its person may see."""
    registration = gallery.registration
    if not registration.event.is_published:
        return False
    photos = photos_visible_to(registration.user, registration.event)
    return _has_exactly(gallery, photos.values_list("pk", flat=True))


def _has_exactly(gallery: PublishedGallery, visible: Iterable[UUID]) -> bool:
    """Return whether a published gallery has exactly these photos, or is being filled with them."""
    photo_ids = list(visible)
    is_abandoned = gallery.open_until is None and gallery.filled_at < timezone.now() - MAX_COPY_TIME
    return bool(photo_ids) and not is_abandoned and gallery.photos_digest == _digest(photo_ids)


def _digest(photo_ids: Iterable[UUID]) -> str:
    return hashlib.sha256(b"".join(sorted(photo_id.bytes for photo_id in photo_ids))).hexdigest()
