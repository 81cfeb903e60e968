"""Galleries as containers of the store, each with a link that ends with the right to it.

A container holds copies of one person's photos of one event and has a name that means nothing. Its
link rests on a stored access policy. When the rule says another set of photos than was copied, or
nothing any more, the container goes with its policy, and every link to it with them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.galleries.access import Visitor, photos_visible_to
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.photos.names import unique_names
from picprocure.storage import files, keys

logger = logging.getLogger(__name__)

# So long one photo takes at most to be copied; after that whoever filled the container is dead.
LONGEST_COPY: Final = timedelta(minutes=5)


def is_possible() -> bool:
    """Whether the site's store can give a folder away by a link that can be revoked."""
    return files.lends_folders()


def link_of(visitor: Visitor, event: Event) -> str | None:
    """The link to this person's container, while it holds exactly what they may see."""
    gallery = PublishedGallery.objects.filter(
        registration__event=event, registration__user=visitor.pk, open_until__gt=timezone.now()
    ).first()
    if gallery is None or not is_possible() or not _is_right(gallery):
        return None
    return files.folder_link(gallery.folder, policy=str(gallery.policy))


def revoke_outdated(event_id: UUID) -> int:
    """Let go of each container of an event that isn't right any more. Returns how many."""
    galleries = PublishedGallery.objects.filter(registration__event=event_id)
    outdated = [gallery for gallery in _with_people(galleries) if not _is_right(gallery)]
    for gallery in outdated:
        gallery.delete()
    return len(outdated)


def publish(event_id: UUID) -> int:
    """Publish each gallery of an event that should be and isn't, and keep links alive for as long
    as the event. Returns how many containers were opened."""
    revoke_outdated(event_id)
    _prolong(event_id)
    return sum(_publish(registration) for registration in _unpublished(event_id))


def events_to_publish() -> list[UUID]:
    """Events with a container that has to go, or one that has to come, or to stay longer."""
    published = PublishedGallery.objects.values("registration__event")
    events = Event.objects.filter(is_published=True) | Event.objects.filter(pk__in=published)
    return [event_id for event_id in events.values_list("pk", flat=True) if _has_work(event_id)]


def discard_container(instance: PublishedGallery, **_signal: Any) -> None:
    """Before a row goes, for whichever reason, in the same transaction."""
    files.discard_folder(instance.folder)


def _has_work(event_id: UUID) -> bool:
    galleries = PublishedGallery.objects.filter(registration__event=event_id)
    return (
        any(not _is_right(gallery) for gallery in _with_people(galleries))
        or any(True for _ in _unpublished(event_id))
        or any(True for _ in _ending_early(event_id))
    )


def _unpublished(event_id: UUID) -> Iterator[Registration]:
    if not is_possible():
        return
    registrations = Registration.objects.filter(
        event=event_id, event__is_published=True, published_gallery=None
    )
    for registration in registrations.select_related("user", "event"):
        if photos_visible_to(registration.user, registration.event).exists():
            yield registration


def _publish(registration: Registration) -> bool:
    photos = list(photos_visible_to(registration.user, registration.event))
    try:
        with transaction.atomic():
            gallery = PublishedGallery.objects.create(
                registration=registration, photos_digest=_digest(photo.pk for photo in photos)
            )
    except IntegrityError:  # somebody else is at it, or the person just left
        return False
    try:
        stored = list(_copies(gallery, photos))
        until = registration.event.expires_at
        files.open_folder(gallery.folder, policy=str(gallery.policy), until=until)
    except OSError:
        logger.exception("Gallery %s can't be published; the sweep tries again.", gallery.pk)
        gallery.delete()
        return False
    return _finish(gallery, stored, until)


def _copies(gallery: PublishedGallery, photos: list[Photo]) -> Iterator[str]:
    """Copy photo by photo, as long as nobody revoked it; give their keys.

    Raises OSError, of which FileNotFoundError says that a photo was deleted meanwhile.
    """
    names = unique_names([photo.name for photo in photos])
    for photo, name in zip(photos, names, strict=True):
        mine = PublishedGallery.objects.filter(pk=gallery.pk)
        if not mine.update(filled_at=timezone.now()):
            return
        key = keys.published_photo(gallery.pk, name)
        with files.open_stored(photo.original_key) as original:
            files.store(key, original.read())
        yield key


@transaction.atomic
def _finish(gallery: PublishedGallery, stored: list[str], until: datetime) -> bool:
    """Count it as open, unless something changed meanwhile.

    A change that commits later finds the row and deletes it.
    """
    galleries = PublishedGallery.objects.select_for_update().filter(pk=gallery.pk)
    locked = galleries.first()
    if locked is None:
        files.discard_folder(gallery.folder)
        return False
    if not _is_right(locked):
        locked.delete()
        return False
    files.keep(*stored)
    return bool(galleries.update(open_until=until))


def _prolong(event_id: UUID) -> None:
    """The event ends later than it did: its links live on."""
    for gallery in _ending_early(event_id):
        until = gallery.registration.event.expires_at
        files.open_folder(gallery.folder, policy=str(gallery.policy), until=until)
        PublishedGallery.objects.filter(pk=gallery.pk).update(open_until=until)


def _ending_early(event_id: UUID) -> Iterable[PublishedGallery]:
    if not is_possible():
        return []
    galleries = PublishedGallery.objects.filter(
        registration__event=event_id, open_until__isnull=False
    ).exclude(open_until=F("registration__event__expires_at"))
    return _with_people(galleries)


def _is_right(gallery: PublishedGallery) -> bool:
    """Whether it holds, or is just getting, exactly what the rule says."""
    registration = gallery.registration
    is_filled_no_more = gallery.filled_at < timezone.now() - LONGEST_COPY
    if not registration.event.is_published or (gallery.open_until is None and is_filled_no_more):
        return False
    photos = photos_visible_to(registration.user, registration.event)
    photo_ids = list(photos.values_list("pk", flat=True))
    return bool(photo_ids) and gallery.photos_digest == _digest(photo_ids)


def _digest(photo_ids: Iterable[UUID]) -> str:
    return hashlib.sha256(b"".join(sorted(photo_id.bytes for photo_id in photo_ids))).hexdigest()


def _with_people(galleries: QuerySet[PublishedGallery]) -> QuerySet[PublishedGallery]:
    return galleries.select_related("registration__user", "registration__event")
