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
from django.db.models import Q, QuerySet
from django.utils import timezone

from picprocure.events.models import Event, Registration
from picprocure.galleries.access import Visitor, galleries_of, photos_visible_to
from picprocure.galleries.models import PublishedGallery
from picprocure.photos.models import Photo
from picprocure.photos.names import unique_names
from picprocure.storage import files, keys

logger = logging.getLogger(__name__)

# So long one photo takes at most to be copied; after that whoever filled the container is dead.
LONGEST_COPY: Final = timedelta(minutes=5)


def is_possible() -> bool:
    """Whether the site's store can give a folder away by a link that can be revoked."""
    return files.supports_folder_links()


def link_of(visitor: Visitor, event: Event) -> str | None:
    """The link to this person's container, while it holds exactly what they may see."""
    gallery = PublishedGallery.objects.filter(
        registration__event=event, registration__user=visitor.pk, open_until__gt=timezone.now()
    ).first()
    if gallery is None or not is_possible() or not _is_right_now(gallery):
        return None
    return files.folder_link(gallery.folder, policy=str(gallery.policy))


def revoke_outdated(event_id: UUID) -> int:
    """Let go of each container of an event that isn't right any more. Returns how many."""
    event = Event.objects.filter(pk=event_id).first()
    outdated = _outdated(event) if event else []
    for gallery in outdated:
        gallery.delete()
    return len(outdated)


def publish(event_id: UUID) -> int:
    """Publish each gallery of an event that should be and isn't, and keep links alive for as long
    as the event. Returns how many containers were opened."""
    revoke_outdated(event_id)
    event = Event.objects.filter(pk=event_id).first()
    if event is None or not is_possible():
        return 0
    _prolong(event)
    return sum(_publish(registration) for registration in _unpublished(event))


def events_to_publish() -> list[UUID]:
    """Events with a container that has to go, or one that has to come, or to stay longer."""
    published = PublishedGallery.objects.values("registration__event")
    events = Event.objects.filter(Q(is_published=True) | Q(pk__in=published))
    return [event.pk for event in events if _has_work(event)]


def discard_container(instance: PublishedGallery, **_signal: Any) -> None:
    """Before a row goes, for whichever reason, in the same transaction."""
    files.discard_folder(instance.folder)


def _has_work(event: Event) -> bool:
    if _outdated(event):
        return True
    return is_possible() and (bool(_unpublished(event)) or _ending_early(event).exists())


def _outdated(event: Event) -> list[PublishedGallery]:
    galleries = list(PublishedGallery.objects.filter(registration__event=event))
    if not galleries:
        return []
    seen = galleries_of(event) if event.is_published else {}
    return [one for one in galleries if not _is_right(one, seen.get(one.registration_id, ()))]


def _unpublished(event: Event) -> list[Registration]:
    if not event.is_published:
        return []
    seen = galleries_of(event)
    registrations = event.registrations.filter(published_gallery=None)
    return [row for row in registrations.select_related("user", "event") if row.pk in seen]


def _publish(registration: Registration) -> bool:
    photos = list(photos_visible_to(registration.user, registration.event))
    if not photos:  # they are gone by now
        return False
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
    if not _is_right_now(locked):
        locked.delete()
        return False
    files.keep(*stored)
    return bool(galleries.update(open_until=until))


def _prolong(event: Event) -> None:
    """The event ends later than it did: its links live on."""
    until = event.expires_at
    for gallery in _ending_early(event):
        try:
            files.open_folder(gallery.folder, policy=str(gallery.policy), until=until)
        except OSError:
            logger.exception("Gallery %s can't be kept open; the sweep tries again.", gallery.pk)
        else:
            PublishedGallery.objects.filter(pk=gallery.pk).update(open_until=until)


def _ending_early(event: Event) -> QuerySet[PublishedGallery]:
    opened = PublishedGallery.objects.filter(registration__event=event, open_until__isnull=False)
    return opened.exclude(open_until=event.expires_at)


def _is_right_now(gallery: PublishedGallery) -> bool:
    registration = gallery.registration
    if not registration.event.is_published:
        return False
    photos = photos_visible_to(registration.user, registration.event)
    return _is_right(gallery, photos.values_list("pk", flat=True))


def _is_right(gallery: PublishedGallery, seen: Iterable[UUID]) -> bool:
    """Whether it holds, or is just getting, exactly these photos."""
    photo_ids = list(seen)
    is_left = gallery.open_until is None and gallery.filled_at < timezone.now() - LONGEST_COPY
    return bool(photo_ids) and not is_left and gallery.photos_digest == _digest(photo_ids)


def _digest(photo_ids: Iterable[UUID]) -> str:
    return hashlib.sha256(b"".join(sorted(photo_id.bytes for photo_id in photo_ids))).hexdigest()
