"""Opening the sealed pictures of people's faces.

In `web`, only `web.media` may import this.
"""

from __future__ import annotations

import io
import uuid

from django.conf import settings

from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from picprocure.recognition.embeddings import image_context
from picprocure.recognition.models import Reference
from picprocure.storage import files, keys
from picprocure.storage.sealing import unseal


def reference_image(reference: Reference) -> bytes:
    """Return the JPEG of a reference. Check with `galleries.access` first.

    Raises:
        FileNotFoundError: The image was deleted.
        SealingError: No key opens it.
    """
    return stored_image(reference.image_key, reference.pk)


def stored_image(image_key: str, reference_id: uuid.UUID) -> bytes:
    """Return the JPEG of a reference, or of the anchor that was made from it.

    Raises:
        FileNotFoundError: The image was deleted.
        SealingError: No key opens it.
    """
    with files.open_stored(image_key) as stored:
        return unseal(stored.read(), context=image_context(reference_id))


def open_choice(choice_id: uuid.UUID, *, user_id: int) -> LoadedImage:
    """Return an uploaded photo in which the person has to choose their face.

    Raises:
        FileNotFoundError: The photo was deleted.
        SealingError: No key opens it, or it belongs to another person.
    """
    with files.open_stored(keys.choice_image(user_id, choice_id)) as stored:
        content = unseal(stored.read(), context=f"choice:{choice_id}:{user_id}")
    return load_upright(io.BytesIO(content), name="photo", max_pixels=settings.MAX_PHOTO_PIXELS)
