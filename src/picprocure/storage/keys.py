"""Keys of all stored objects.

Keys have ids that mean nothing outside the database, and no names or addresses. A key is written
only once. If an object is made again, it gets a new key.
"""

from __future__ import annotations

from uuid import UUID

EVENTS = "events"  # with a subfolder for each event
PUBLISHED = "published"  # with a subfolder for each published gallery
REFERENCES = "references"
CHOICES = "choices"  # with a subfolder for each person


def reference_image(reference_id: UUID) -> str:
    return f"{REFERENCES}/{reference_id}.sealed"


def choices_folder(user_id: int) -> str:
    """Return the folder of a person's photos in which they haven't chosen their face yet."""
    return f"{CHOICES}/{user_id}/"


def choice_image(user_id: int, choice_id: UUID) -> str:
    """Return the key of a photo in which a person hasn't chosen their face yet."""
    return f"{choices_folder(user_id)}{choice_id}.sealed"


def event_folder(event_id: UUID) -> str:
    """Return the folder of all objects of an event."""
    return f"{EVENTS}/{event_id}/"


def photo_folder(event_id: UUID, photo_id: UUID) -> str:
    """Return the folder of all objects of a photo."""
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
    """Return the key of a photo in a published gallery.

    This key has the photo's name, since the owner of the gallery sees it.
    """
    return f"{PUBLISHED}/{gallery_id}/{name}"
