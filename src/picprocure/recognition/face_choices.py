"""Uploaded photos with several faces, stored until the person chooses their own."""

from __future__ import annotations

import uuid

from django.db import transaction

from picprocure.faces.engine import ANALYSIS_SIDE
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.recognition.reference_photos import as_jpeg
from picprocure.storage import files, keys
from picprocure.storage.sealing import seal


def store_choice(image: LoadedImage, *, user_id: int) -> uuid.UUID:
    """Store a photo until the person chooses their face in it.

    Without a choice, it is deleted automatically.

    Returns:
        The id to open it with.
    """
    choice_id = uuid.uuid4()
    content = as_jpeg(image.pixels, max_side=ANALYSIS_SIDE)
    files.store(
        keys.choice_image(user_id, choice_id),
        seal(content, context=f"choice:{choice_id}:{user_id}"),
    )
    return choice_id


@transaction.atomic
def discard_choice(choice_id: uuid.UUID, *, user_id: int) -> None:
    files.discard([keys.choice_image(user_id, choice_id)])
