"""From one photo to its faces."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from picprocure.faces.engine import FaceEngine, analyze_photo
from picprocure.faces.types import FoundFace
from picprocure.photos.models import Photo
from picprocure.recognition.embeddings import to_bytes
from picprocure.recognition.models import Face
from picprocure.storage import files


def find_faces(photo: Photo, engine: FaceEngine) -> list[FoundFace]:
    """Detect and embed the faces of a stored photo.

    Raises FacesError when the file can't be read, FileNotFoundError when it is gone.
    """
    with files.open_stored(photo.original_key) as original:
        return analyze_photo(
            engine, original, name=photo.name, max_pixels=settings.MAX_PHOTO_PIXELS
        )


def replace_faces(photo: Photo, found: Sequence[FoundFace], *, engine_version: str) -> None:
    """Replace whatever faces the photo had; call it inside a transaction."""
    photo.faces.all().delete()
    Face.objects.bulk_create(
        Face(
            photo=photo,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            embedding=to_bytes(face.embedding),
            engine_version=engine_version,
        )
        for face in found
    )
