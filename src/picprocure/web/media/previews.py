"""Pictures of faces inside pages: crops as data URLs, and the photo that a person chooses from."""

from __future__ import annotations

import base64
from uuid import UUID

from picprocure.accounts.models import User
from picprocure.faces.enrollment.quality import crop_around
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.recognition.reference_photos import as_jpeg
from picprocure.recognition.stored_images import open_choice
from picprocure.storage.errors import SealedForGood

CROP_SIDE = 240


def face_crop(image: LoadedImage, box: Box | None) -> str:
    """Return a face with its surroundings as a data URL, or "" without a face."""
    if box is None:
        return ""
    content = as_jpeg(crop_around(image, box), max_side=CROP_SIDE)
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def own_choice(choice_id: UUID, *, user: User) -> LoadedImage | None:
    """Return the stored photo in which a person chooses their face, or None if it was deleted.

    The photo is encrypted for its uploader, so no other person can open it.
    """
    try:
        return open_choice(choice_id, user_id=user.pk)
    except (FileNotFoundError, SealedForGood):
        return None
