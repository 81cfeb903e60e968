"""Check that a reference photo shows one clear face."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from picprocure.faces.errors import (
    FaceCutOff,
    FaceTooBlurred,
    FaceTooDark,
    FaceTooSmall,
    FaceTurnedAway,
    FaceWithoutDetail,
    NoFaceFound,
    SeveralFacesFound,
    UnusableReference,
)
from picprocure.faces.thresholds import QUALITY
from picprocure.faces.types import EMBEDDING_SIZE, Box, FoundFace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.engine import FaceEngine
    from picprocure.imaging.loaded_image import LoadedImage, Pixels

CROP_MARGIN: Final = 0.6
"""The margin that is kept on each side of a face, as a share of its box."""

_PATCH_SIDE: Final = 96


def reference_face(
    engine: FaceEngine, image: LoadedImage, *, chosen: Box | None = None
) -> FoundFace:
    """Return the face of a reference photo, embedded as a reference.

    Args:
        engine: Finds and embeds faces.
        image: The photo.
        chosen: The box that the person chose, if there are several faces.

    Raises:
        UnusableReference: The photo doesn't show one clear face.
    """
    faces = faces_to_check(engine, image)
    if chosen and faces:
        faces = [_nearest(faces, chosen)]
    face = check_reference(image, faces)
    return replace(face, embedding=engine.embed_reference(image, face.box))


def face_of_accepted(engine: FaceEngine, image: LoadedImage) -> FoundFace:
    """Return the face of a reference photo that was accepted earlier, embedded as a reference.

    The limits may have changed since, and another detector draws other boxes, so nothing is checked
    again. Other people may be at the edge of the photo.

    Args:
        engine: Finds and embeds faces.
        image: What `crop_around` kept of the photo.

    Raises:
        NoFaceFound: The engine finds no face.
    """
    faces = faces_to_check(engine, image)
    if not faces:
        raise NoFaceFound
    face = _nearest(faces, Box(0, 0, image.width, image.height))
    return replace(face, embedding=engine.embed_reference(image, face.box))


def faces_to_check(engine: FaceEngine, image: LoadedImage) -> list[FoundFace]:
    """Return the faces of a photo for `check_reference`, with zeros instead of embeddings."""
    nothing = np.zeros(EMBEDDING_SIZE, dtype=np.float32)
    return [FoundFace(box=box, embedding=nothing) for box in engine.find_boxes(image)]


def check_reference(image: LoadedImage, faces: Sequence[FoundFace]) -> FoundFace:
    """Return the face of a reference photo, if it is one clear face.

    Args:
        image: The photo.
        faces: All faces that were found in it.

    Raises:
        UnusableReference: The photo doesn't show one clear face. The subclass and its message tell
            the reason.
    """
    face = _only_face(faces, image)
    try:
        _check_face(face, image)
    except UnusableReference as unusable:
        unusable.box = face.box
        raise
    return face


def check_pose(
    engine: FaceEngine, image: LoadedImage, box: Box, *, max_yaw: float = QUALITY.max_yaw
) -> None:
    """Check that a head is not turned away in a photo that can be taken again.

    Args:
        engine: Measures the yaw.
        image: The photo.
        box: The face.
        max_yaw: The largest yaw (`picprocure.faces.embedding.pose`) to either side.

    Raises:
        FaceTurnedAway: The head is turned further.
    """
    if abs(engine.head_yaw(image, box)) > max_yaw:
        turned_away = FaceTurnedAway()
        turned_away.box = box
        raise turned_away


def crop_around(image: LoadedImage, box: Box) -> Pixels:
    """Cut out the part of a photo that is kept: a square around the face.

    The same face can be found again in it, and it shows little of other people.

    Returns:
        RGB pixels, C-contiguous. At the edge of the photo, the part is no square.
    """
    shown = box.scaled(1 / image.reduction)
    side = max(shown.width, shown.height)
    margin = round(side * CROP_MARGIN)
    across, down = (shown.left + shown.right) // 2, (shown.top + shown.bottom) // 2
    half = side // 2 + margin
    height, width = image.pixels.shape[:2]
    square = Box(across - half, down - half, across + half, down + half).clipped(width, height)
    return np.ascontiguousarray(
        image.pixels[square.top : square.bottom, square.left : square.right]
    )


def _check_face(face: FoundFace, image: LoadedImage) -> None:
    if _visible_share(face.box, image) < QUALITY.min_visible:
        raise FaceCutOff
    if face.box.width < QUALITY.min_face_px:
        raise FaceTooSmall(face.box.width, QUALITY.min_face_px)
    patch = _gray_patch(image, face.box)
    if np.percentile(patch, 90) < QUALITY.min_light:
        raise FaceTooDark
    if _sharpness(patch) < QUALITY.min_sharpness:
        raise FaceTooBlurred
    if _plain_share(patch) > QUALITY.max_plain:
        raise FaceWithoutDetail


def _nearest(faces: Sequence[FoundFace], chosen: Box) -> FoundFace:
    """Return the face whose center is nearest to that of a box."""

    def distance(face: FoundFace) -> int:
        across = face.box.left + face.box.right - chosen.left - chosen.right
        down = face.box.top + face.box.bottom - chosen.top - chosen.bottom
        return across * across + down * down

    return min(faces, key=distance)


def _only_face(faces: Sequence[FoundFace], image: LoadedImage) -> FoundFace:
    if not faces:
        raise NoFaceFound
    widest = max(faces, key=lambda face: face.box.width)
    shown = [face for face in faces if not _is_in_background(face.box, widest.box, image)]
    if len(shown) > 1:
        boxes = sorted((face.box for face in shown), key=lambda box: (box.left, box.top))
        raise SeveralFacesFound(len(shown), tuple(boxes))
    return widest


def _is_in_background(box: Box, widest: Box, image: LoadedImage) -> bool:
    in_the_middle = _off_center(widest, image) <= QUALITY.in_the_middle
    at_the_side = _off_center(box, image) >= QUALITY.at_the_side
    is_cut = box.clipped(image.width, image.height) != box
    return box.width < QUALITY.max_background_width * widest.width or (
        in_the_middle and at_the_side and is_cut
    )


def _off_center(box: Box, image: LoadedImage) -> float:
    across = (box.left + box.right) / 2 / image.width - 0.5
    down = (box.top + box.bottom) / 2 / image.height - 0.5
    return max(abs(across), abs(down))


def _visible_share(box: Box, image: LoadedImage) -> float:
    return box.clipped(image.width, image.height).area / box.area


def _gray_patch(image: LoadedImage, box: Box) -> NDArray[np.float32]:
    """Return a face in gray, always at the same size, so that sharpness can be compared."""
    height, width = image.pixels.shape[:2]
    inside = box.scaled(1 / image.reduction).clipped(width, height)
    face = image.pixels[inside.top : inside.bottom, inside.left : inside.right]
    gray = Image.fromarray(face).convert("L")
    return np.asarray(
        gray.resize((_PATCH_SIDE, _PATCH_SIDE), Image.Resampling.LANCZOS), dtype=np.float32
    )


def _sharpness(patch: NDArray[np.float32]) -> float:
    """Return the spread of the Laplacian over that of brightness. Light doesn't change it."""
    return float(_laplacian(patch).std() / max(float(patch.std()), 1.0))


def _plain_share(patch: NDArray[np.float32]) -> float:
    return float((np.abs(_laplacian(patch)) < 1).mean())


def _laplacian(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 4 times the difference of each pixel from the mean of its four neighbors."""
    around = patch[:-2, 1:-1] + patch[2:, 1:-1] + patch[1:-1, :-2] + patch[1:-1, 2:]
    return 4 * patch[1:-1, 1:-1] - around
