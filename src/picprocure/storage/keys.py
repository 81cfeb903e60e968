"""Every object key is built here.

Keys are opaque: ids that mean nothing outside the database, never a name or an address. A
key is written once; what is made again gets a new one.
"""

from __future__ import annotations

from uuid import UUID

EVENTS = "events"  # the folder in which each event has one of its own
PUBLISHED = "published"  # the one in which each published gallery has its own
REFERENCES = "references"
CHOICES = "choices"  # in which each person has their own


def reference_image(reference_id: UUID) -> str:
    return f"{REFERENCES}/{reference_id}.sealed"


def choices_folder(user_id: int) -> str:
    """Return the prefix of a person's photos in which they haven't chosen a face yet."""
    return f"{CHOICES}/{user_id}/"


def choice_image(user_id: int, choice_id: UUID) -> str:
    """Return the key of a photo in which a person hasn't chosen their face yet."""
    return f"{choices_folder(user_id)}{choice_id}.sealed"


def event_folder(event_id: UUID) -> str:
    """What the keys of everything that belongs to an event begin with."""
    return f"{EVENTS}/{event_id}/"


def photo_folder(event_id: UUID, photo_id: UUID) -> str:
    """Return the prefix of all objects of a photo."""
    return f"{event_folder(event_id)}photos/{photo_id}/"


def event_cover(event_id: UUID, cover_id: UUID) -> str:
    return f"{EVENTS}/{event_id}/covers/{cover_id}.jpg"


def photo_original(event_id: UUID, photo_id: UUID, upload_id: UUID, extension: str) -> str:
    return f"{photo_folder(event_id, photo_id)}{upload_id}{extension}"


def photo_rendition(event_id: UUID, photo_id: UUID, rendition_id: UUID) -> str:
    return f"{photo_folder(event_id, photo_id)}{rendition_id}.jpg"


def published_folder(gallery_id: UUID) -> str:
    return f"{PUBLISHED}/{gallery_id}/"


def published_photo(gallery_id: UUID, name: str) -> str:
    """The one key with a name in it: the person whose gallery it is reads it there."""
    return f"{PUBLISHED}/{gallery_id}/{name}"
