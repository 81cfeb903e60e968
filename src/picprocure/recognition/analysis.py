"""From one photo to its faces."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from picprocure.faces.engine import FaceEngine, analyze_photo
from picprocure.faces.types import Box, FoundFace
from picprocure.photos.models import Photo
from picprocure.recognition.embeddings import seal_face
from picprocure.recognition.models import Face, MatchedFace
from picprocure.storage import files


def find_faces(photo: Photo, engine: FaceEngine) -> list[FoundFace]:
    """Detect and embed the faces of a stored photo.

    Raises UnusableImage when the file can't be read, FileNotFoundError when it is gone.
    """
    with files.open_stored(photo.original_key) as original:
        return analyze_photo(
            engine, original, name=photo.name, max_pixels=settings.MAX_PHOTO_PIXELS
        )


def replace_faces(photo: Photo, found: Sequence[FoundFace], *, engine_version: str) -> None:
    """Replace whatever faces the photo had; call it inside a transaction.

    A face whose person withdrew stays unknown, however often the photo is analyzed. Whose faces
    they were taken for is kept.
    """
    forgotten = [_box(face) for face in photo.faces.filter(embedding__isnull=True)]
    matched = MatchedFace.objects.filter(face__photo=photo).select_related("face")
    taken = [(row.user_id, _box(row.face)) for row in matched]
    photo.faces.all().delete()
    faces = Face.objects.bulk_create(
        Face(
            photo=photo,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            embedding=_sealed(face, photo, forgotten),
            engine_version=engine_version,
        )
        for face in found
    )
    MatchedFace.objects.bulk_create(
        MatchedFace(user_id=user_id, face=face)
        for face in faces
        for user_id in {user for user, box in taken if _is_among(_box(face), [box])}
    )


def _sealed(face: FoundFace, photo: Photo, forgotten: Sequence[Box]) -> bytes | None:
    if _is_among(face.box, forgotten):
        return None
    return seal_face(face.embedding, photo.pk, face.box)


def _box(face: Face) -> Box:
    return Box(face.left, face.top, face.right, face.bottom)


def _is_among(box: Box, forgotten: Sequence[Box]) -> bool:
    """Whether a box is one of these faces: another detector draws it a little differently."""
    return any(_covers(box, other) or _covers(other, box) for other in forgotten)


def _covers(box: Box, other: Box) -> bool:
    """Whether the middle of ``other`` lies in ``box``."""
    across, down = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return box.left <= across <= box.right and box.top <= down <= box.bottom
