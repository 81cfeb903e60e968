"""Tell a person in front of a camera what to do next, by a small frame."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from picprocure.faces.enrollment.quality import check_pose, check_reference, faces_to_check
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

if TYPE_CHECKING:
    from picprocure.faces.engine import FaceEngine
    from picprocure.imaging.loaded_image import LoadedImage

MAX_CAPTURE_YAW: Final = 0.35
"""The largest yaw of a head that looks at the camera. Nine in ten of LFW's are below it, and a
person in front of a camera can do better."""

MIN_CAPTURE_WIDTH: Final = 0.22
"""The share of the frame's width that a face needs, so that the photo has enough pixels."""


class Hint(StrEnum):
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
    CLOSER = "closer"
    CUT_OFF = "cut-off"
    MORE_LIGHT = "more-light"
    HOLD_STILL = "hold-still"
    SOFTER_LIGHT = "softer-light"
    LOOK_HERE = "look-here"
    GOOD = "good"


_HINTS: Final[dict[type[UnusableReference], Hint]] = {
    NoFaceFound: Hint.NO_FACE,
    SeveralFacesFound: Hint.SEVERAL_FACES,
    FaceCutOff: Hint.CUT_OFF,
    FaceTooSmall: Hint.CLOSER,
    FaceTooDark: Hint.MORE_LIGHT,
    FaceTooBlurred: Hint.HOLD_STILL,
    FaceWithoutDetail: Hint.SOFTER_LIGHT,
    FaceTurnedAway: Hint.LOOK_HERE,
}


def hint_for(engine: FaceEngine, image: LoadedImage) -> Hint:
    """Return what to do first to get a good photo. No face is embedded."""
    try:
        box = check_reference(image, faces_to_check(engine, image)).box
        check_pose(engine, image, box, max_yaw=MAX_CAPTURE_YAW)
    except UnusableReference as unusable:
        return _HINTS[type(unusable)]
    return Hint.GOOD if box.width >= MIN_CAPTURE_WIDTH * image.width else Hint.CLOSER
