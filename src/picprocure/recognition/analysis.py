"""The faces of one photo: detected, embedded and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from django.conf import settings

from picprocure.faces.engine import FaceEngine, analyze_photo
from picprocure.faces.types import Box, FoundFace, turn_of_faces
from picprocure.photos.models import Photo
from picprocure.recognition.embeddings import seal_face
from picprocure.recognition.models import Face, MatchedFace
from picprocure.storage import files


def find_faces(photo: Photo, engine: FaceEngine) -> list[FoundFace]:
    """Detect and embed the faces of a stored photo.

    Raises:
        UnusableImage: The file can't be read as a picture.
        FileNotFoundError: The stored file was deleted.
    """
    with files.open_stored(photo.original_key) as original:
        return analyze_photo(
            engine, original, name=photo.name, max_pixels=settings.MAX_PHOTO_PIXELS
        )


def replace_faces(photo: Photo, found_faces: Sequence[FoundFace], *, engine_version: str) -> None:
    """Replace the photo's faces. Call this inside a transaction.

    Earlier faces with a match stay without embedding until the next sorting, so that people keep
    the photo until then. A face whose person withdrew stays forgotten, however often the photo is
    analyzed. The record of whom faces were matched with is kept (`MatchedFace`).

    Args:
        photo: The photo, with the size that it had before it was turned (`FoundFace.turn`).
        found_faces: The faces, with boxes in the turned photo.
        engine_version: The engine that found them.
    """
    earlier = {face.pk: face for face in photo.faces.all()}
    forgotten = {key for key, face in earlier.items() if face.embedding is None}
    turn = turn_of_faces(found_faces)
    boxes = {
        key: _box(face).turned(turn, photo.width, photo.height) for key, face in earlier.items()
    }
    forgotten_boxes = [boxes[key] for key in forgotten]
    matched = MatchedFace.objects.filter(face__in=earlier).values_list("user", "face")
    matched_boxes = [(user_id, boxes[key]) for user_id, key in matched]
    photo.faces.filter(matches=None).delete()
    for key, face in earlier.items():
        face.left, face.top, face.right, face.bottom = astuple(boxes[key])
        face.embedding = None if key in forgotten else b""
        face.is_superseded = True
    Face.objects.bulk_update(
        earlier.values(), ["left", "top", "right", "bottom", "embedding", "is_superseded"]
    )
    faces = Face.objects.bulk_create(
        Face(
            photo=photo,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            embedding=_sealed_embedding(face, photo, forgotten_boxes),
            engine_version=engine_version,
        )
        for face in found_faces
    )
    MatchedFace.objects.bulk_create(
        MatchedFace(user_id=user_id, face=face)
        for face in faces
        for user_id in {user for user, box in matched_boxes if _is_among(_box(face), [box])}
    )


def _sealed_embedding(face: FoundFace, photo: Photo, forgotten: Sequence[Box]) -> bytes | None:
    if _is_among(face.box, forgotten):
        return None
    return seal_face(face.embedding, photo.pk, face.box)


def is_same_face(face: Face, other: Face) -> bool:
    """Return whether two faces of a photo, found by different analyses, are in the same place."""
    return _is_among(_box(face), [_box(other)])


def _box(face: Face) -> Box:
    return Box(face.left, face.top, face.right, face.bottom)


def _is_among(box: Box, boxes: Sequence[Box]) -> bool:
    """Return whether a box shows the same face as one of `boxes`.

    Boxes of one face differ a little between detectors.
    """
    return any(_covers_center(box, other) or _covers_center(other, box) for other in boxes)


def _covers_center(box: Box, other: Box) -> bool:
    """Return whether the center of `other` is in `box`."""
    x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom
