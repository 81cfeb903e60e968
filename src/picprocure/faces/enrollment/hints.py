"""What somebody in front of a camera should do next, from one small frame of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.enrollment.quality import check_pose, check_reference
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
from picprocure.faces.types import EMBEDDING_SIZE, FoundFace

if TYPE_CHECKING:
    from picprocure.faces.engine import FaceEngine
    from picprocure.imaging.loaded_image import LoadedImage

LOOKS_HERE: Final = 0.35
"""How far the head of somebody who looks at the camera may be turned; nine in ten of LFW's are not
further, and who stands before a camera can do better than them."""

FILLS_OVAL: Final = 0.22
"""How much of the frame's width a face must take for the photo to be worth its pixels."""


_NOT_EMBEDDED: Final = np.zeros(EMBEDDING_SIZE, dtype=np.float32)


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
    """The first thing that is in the way of a good photo; nothing is embedded."""
    boxes = engine.find_boxes(image)
    faces = [FoundFace(box=box, embedding=_NOT_EMBEDDED) for box in boxes]
    try:
        box = check_reference(image, faces).box
        check_pose(engine, image, box, most=LOOKS_HERE)
    except UnusableReference as unusable:
        return _HINTS[type(unusable)]
    return Hint.GOOD if box.width >= FILLS_OVAL * image.width else Hint.CLOSER
