"""Services that store photos and their renditions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from picprocure.accounts.models import User
from picprocure.events.errors import RegistrationStillOpen
from picprocure.events.models import Event
from picprocure.events.services import keep_available
from picprocure.imaging.loaded_image import SIDEWAYS
from picprocure.photos import quota
from picprocure.photos.errors import NoRoom, TooManyBytes
from picprocure.photos.intake import CleanPhoto, PhotoLimits
from picprocure.photos.models import Photo
from picprocure.photos.renditions import THUMBNAIL_SIDE, WEB_SIDE, make_renditions
from picprocure.photos.turning import turned_photo
from picprocure.photos.usage import NOTHING, share_of
from picprocure.photos.zips import ZipLimits
from picprocure.storage import files, keys
from picprocure.storage.batches import CHUNK

# More than phones use by default. Decoded, this is at most 150 MB.
PROFILE_PHOTO_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo in an event.

    Attributes:
        photo: The photo.
        is_new: False if the event had the same bytes before.
        notes: Sentences about parts of the file that weren't kept.
    """

    photo: Photo
    is_new: bool
    notes: tuple[str, ...] = ()


def photo_limits() -> PhotoLimits:
    return PhotoLimits(max_bytes=settings.MAX_PHOTO_BYTES, max_pixels=settings.MAX_PHOTO_PIXELS)


def zip_limits() -> ZipLimits:
    """Return the limits of uploaded ZIPs.

    Photos hardly shrink in a ZIP. A ZIP that unpacks to twice the limit has other contents.
    """
    return ZipLimits(max_photo_bytes=settings.MAX_PHOTO_BYTES, max_bytes=2 * settings.MAX_ZIP_BYTES)


def ensure_zip_fits(*, name: str, size: int) -> None:
    """Check the size of an uploaded ZIP.

    Raises:
        TooManyBytes: It is larger than the limit.
    """
    if size > settings.MAX_ZIP_BYTES:
        raise TooManyBytes(name, size=size, max_bytes=settings.MAX_ZIP_BYTES)


def profile_photo_limits() -> PhotoLimits:
    """Return the limits of profile photos, which are decoded while the user waits."""
    pixels = min(settings.MAX_PHOTO_PIXELS, PROFILE_PHOTO_PIXELS)
    return PhotoLimits(max_bytes=settings.MAX_PHOTO_BYTES, max_pixels=pixels)


def ensure_open_for_photos(event: Event) -> None:
    """Check that photos can be uploaded to an event.

    Raises:
        RegistrationStillOpen: People can still register, and the event takes no photos before.
    """
    if not event.takes_photos:
        raise RegistrationStillOpen(
            f"Registration for “{event.name}” is still open. Upload the photos after it closes, "
            "close it now, or edit the event to accept photos earlier."
        )


def store_original(*, event: Event, uploaded_by: User, clean: CleanPhoto) -> StoredPhoto:
    """Store a clean photo, unless the event has one with the same uploaded bytes.

    If the analysis of that photo failed, its original is replaced, and it is analyzed again.

    Raises:
        RegistrationStillOpen: The event takes no photos until registration closes.
        EventEnded: The event has expired or was deleted.
        NoRoom: The photo doesn't fit into the event or the account.
    """
    ensure_open_for_photos(event)
    existing = Photo.objects.filter(event=event, sha256=clean.sha256).first()
    if existing and existing.status != Photo.Status.FAILED:
        return StoredPhoto(existing, is_new=False)
    photo = existing or Photo(uploaded_by=uploaded_by)
    photo.event = event
    # A photo that was turned before stays so, since the boxes of its faces are in the turned one.
    content = turned_photo(clean.content, photo.turn, name=clean.name)
    _set_details(photo, clean)
    photo.size_bytes = len(content)
    photo.width, photo.height = _turned_size(photo, photo.turn)
    replaced_key = photo.original_key
    photo.original_key = keys.photo_original(event.id, photo.id, uuid.uuid4(), clean.kind.extension)
    files.store(photo.original_key, content)
    try:
        with transaction.atomic():
            quota.lock_usage(event)
            waits = keep_available(event=event)
            photo.waits_for_release = waits and photo.released_at is None
            # Under the event's lock: an earlier request for a release doesn't include it.
            photo.uploaded_at = timezone.now()
            _count(photo)
            # The zone may have changed since the upload began.
            event.refresh_from_db(fields=["time_zone"])
            photo.derive_capture_time()
            files.keep(photo.original_key)
            files.discard_later([replaced_key])
            photo.save()
            Photo.objects.filter(pk=photo.pk).await_analysis()
    except IntegrityError:
        # Another request stored the same bytes at the same time.
        files.discard([photo.original_key])
        return StoredPhoto(Photo.objects.get(event=event, sha256=clean.sha256), is_new=False)
    except NoRoom:
        files.discard([photo.original_key])
        raise
    return StoredPhoto(photo, is_new=True, notes=clean.notes)


def _count(photo: Photo) -> None:
    """Count a photo that is stored or replaced.

    Raises:
        NoRoom: It doesn't fit into the event or the account.
    """
    replaced = Photo.objects.select_for_update().filter(pk=photo.pk).first()
    quota.take_room(
        photo.event,
        name=photo.name,
        added=share_of(photo, status=Photo.Status.WAITING),
        removed=share_of(replaced) if replaced else NOTHING,
    )


def _set_details(photo: Photo, clean: CleanPhoto) -> None:
    photo.name = clean.name
    photo.sha256 = clean.sha256
    photo.content_type = clean.kind.content_type
    photo.size_bytes = len(clean.content)
    photo.width, photo.height = clean.width, clean.height
    photo.has_metadata = clean.has_metadata
    photo.set_capture_time(clean.taken_at)


def keep_unreleased(event: Event) -> None:
    """Let an event's photos that were not released yet wait until a host releases them.

    Afterwards, the transaction has to count the photos again (`usage.count_again`).
    """
    undecided = event.photos.filter(released_at__isnull=True)
    if undecided.update(waits_for_release=True):
        Event.objects.filter(pk=event.pk).update(has_unreleased_photos=True)


def derive_capture_times(event: Event) -> None:
    """Compute capture times again after the event's time zone has changed."""
    without_zone = event.photos.exclude(taken_local="").filter(taken_offset_minutes=None)
    photos = list(without_zone.only("taken_local", "taken_offset_minutes", "event_id"))
    for photo in photos:
        photo.event = event
        photo.derive_capture_time()
    Photo.objects.bulk_update(photos, ["taken_at", "is_undated"], batch_size=CHUNK)


@dataclass(frozen=True, slots=True)
class StoredOriginal:
    """The original of a photo, and its size when it is displayed."""

    original_key: str
    size_bytes: int
    width: int
    height: int
    turn: int


def store_turned_original(photo: Photo, degrees: int) -> StoredOriginal:
    """Store the original again, with an EXIF orientation that turns it clockwise.

    The picture's data stay as they are. The new object is deleted automatically unless a row keeps
    it.

    Args:
        photo: The photo. Its row isn't changed.
        degrees: 0, 90, 180 or 270.

    Raises:
        FileNotFoundError: The original was deleted.
        CannotClean: The original is damaged.
    """
    with files.open_stored(photo.original_key) as original:
        content = turned_photo(original.read(), degrees, name=photo.name)
    extension = PurePosixPath(photo.original_key).suffix
    key = keys.photo_original(photo.event_id, photo.id, uuid.uuid4(), extension)
    files.store(key, content)
    width, height = _turned_size(photo, degrees)
    return StoredOriginal(key, len(content), width, height, (photo.turn + degrees) % 360)


def _turned_size(photo: Photo, degrees: int) -> tuple[int, int]:
    """Return the width and height of a photo after it is turned."""
    is_sideways = degrees in SIDEWAYS
    return (photo.height, photo.width) if is_sideways else (photo.width, photo.height)


@dataclass(frozen=True, slots=True)
class Renditions:
    """Keys of the images derived from one original."""

    thumbnail_key: str
    web_key: str


def store_renditions(photo: Photo, *, original_key: str = "") -> Renditions:
    """Make and store the thumbnail and the web size.

    They are deleted automatically unless a row keeps them.

    Args:
        photo: The photo.
        original_key: The original, if it is another one than the photo's row says.

    Raises:
        RefusedPhoto: The original can't be decoded.
        FileNotFoundError: The original was deleted.
    """
    with files.open_stored(original_key or photo.original_key) as original:
        web, thumbnail = make_renditions(
            original,
            name=photo.name,
            max_sides=(WEB_SIDE, THUMBNAIL_SIDE),
            max_pixels=settings.MAX_PHOTO_PIXELS,
        )
    thumbnail_key, web_key = (
        keys.photo_rendition(photo.event_id, photo.id, uuid.uuid4()) for _ in range(2)
    )
    files.store_all({thumbnail_key: thumbnail, web_key: web})
    return Renditions(thumbnail_key=thumbnail_key, web_key=web_key)
