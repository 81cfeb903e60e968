"""The faces of one photo: detected, embedded and stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from django.conf import settings

from picprocure.events.models import Registration
from picprocure.faces.engine import FaceEngine, analyze_photo
from picprocure.faces.types import Box, FoundFace, turn_of_faces
from picprocure.photos.models import Photo
from picprocure.recognition.embeddings import seal_face
from picprocure.recognition.models import (
    CheckedPair,
    Face,
    FaceDecision,
    GroupedPlace,
    InvitedPlace,
    MatchedFace,
)
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


def lock_matched_people(photo: Photo) -> None:
    """Lock the registrations of people matched with the photo until the transaction ends.

    Otherwise, `replace_faces` could miss that one of them withdraws now, and store their face
    again. Call this before any other lock.
    """
    if not photo.engine_version:  # it has no faces yet
        return
    matched = MatchedFace.objects.filter(face__photo=photo).values("user")
    registrations = Registration.objects.filter(event=photo.event_id, user__in=matched)
    list(registrations.order_by("pk").select_for_update().values_list("pk"))


def replace_faces(photo: Photo, found_faces: Sequence[FoundFace], *, engine_version: str) -> None:
    """Replace the photo's faces. Call this inside a transaction, after `lock_matched_people`.

    Earlier faces with a match stay without embedding until the next sorting, so that people keep
    the photo until then. A face whose person withdrew stays forgotten, however often the photo is
    analyzed. The record of whom faces were matched with is kept (`MatchedFace`).

    Args:
        photo: The photo, with the size that it had before it was turned (`FoundFace.turn`).
        found_faces: The faces, with boxes in the turned photo.
        engine_version: The engine that found them.
    """
    if photo.engine_version:
        forgotten, matched = _supersede_faces(photo, turn_of_faces(found_faces))
    else:  # it has no faces yet
        forgotten, matched = [], []
    faces = Face.objects.bulk_create(
        Face(
            photo=photo,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            embedding=_sealed_embedding(face, photo, forgotten),
            engine_version=engine_version,
        )
        for face in found_faces
    )
    MatchedFace.objects.bulk_create(
        MatchedFace(user_id=user_id, face=face)
        for face in faces
        for user_id in {user for user, box in matched if _is_among(box_of(face), [box])}
    )


def _supersede_faces(photo: Photo, turn: int) -> tuple[list[Box], list[tuple[int, Box]]]:
    """Delete the photo's earlier faces, except for those with a match.

    Args:
        photo: The photo, with the size that it had before it was turned.
        turn: By how many degrees the new analysis turned it.

    Returns:
        The boxes of faces whose person withdrew. Then each user that a face was ever matched with,
        and its box. All boxes are in the turned photo.
    """
    earlier = {face.pk: face for face in photo.faces.all()}
    forgotten = {key for key, face in earlier.items() if face.embedding is None}
    boxes = {
        key: box_of(face).turned(turn, photo.width, photo.height) for key, face in earlier.items()
    }
    matched = MatchedFace.objects.filter(face__in=earlier).values_list("user", "face")
    matched_boxes = [(user_id, boxes[key]) for user_id, key in matched]
    photo.faces.filter(matches=None).delete()
    for key, face in earlier.items():
        face.left, face.top, face.right, face.bottom = astuple(boxes[key])
        face.embedding = None if key in forgotten else b""
        face.is_superseded = True
    _turn_places(photo, turn)
    Face.objects.bulk_update(
        earlier.values(), ["left", "top", "right", "bottom", "embedding", "is_superseded"]
    )
    return [boxes[key] for key in forgotten], matched_boxes


def _turn_places(photo: Photo, turn: int) -> None:
    """Turn the places of decisions and invitations with the photo."""
    if not turn:
        return
    for places in (photo.face_decisions, photo.grouped_places, photo.invited_places):
        for one in places.all():
            box = box_of(one).turned(turn, photo.width, photo.height)
            one.left, one.top, one.right, one.bottom = astuple(box)
            one.save(update_fields=["left", "top", "right", "bottom"])


def _sealed_embedding(face: FoundFace, photo: Photo, forgotten: Sequence[Box]) -> bytes | None:
    if _is_among(face.box, forgotten):
        return None
    return seal_face(face.embedding, photo.pk, face.box)


def face_in_place(face: Face, faces: Iterable[Face]) -> Face | None:
    """Return the face of another analysis of the photo that is in the place of a face, or None."""
    box = box_of(face)
    same = [other for other in faces if _is_among(box_of(other), [box])]
    return max(same, key=lambda other: box_of(other).overlap(box), default=None)


def box_of(face: Face | FaceDecision | GroupedPlace | InvitedPlace | CheckedPair) -> Box:
    """Return the place of a face, of what a host decided about, or of an invitation."""
    return Box(face.left, face.top, face.right, face.bottom)


def may_show_same(place: Face | GroupedPlace, face: Face) -> bool:
    """Return whether two places in a photo show the same face, perhaps as two engines see it."""
    return _is_among(box_of(place), [box_of(face)])


def _is_among(box: Box, boxes: Sequence[Box]) -> bool:
    """Return whether a box shows the same face as one of `boxes`.

    Boxes of one face differ a little between detectors.
    """
    return any(_covers_center(box, other) or _covers_center(other, box) for other in boxes)


def _covers_center(box: Box, other: Box) -> bool:
    """Return whether the center of `other` is in `box`."""
    x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom
