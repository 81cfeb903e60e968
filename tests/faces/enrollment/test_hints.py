from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.enrollment.hints import _HINTS, Hint, hint_for
from picprocure.faces.enrollment.quality import check_pose
from picprocure.faces.errors import FaceTurnedAway, UnusableReference
from picprocure.faces.thresholds import QUALITY
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import LoadedImage

from .test_quality import scene


class PosingEngine:
    """Finds the given boxes, and a head with the given yaw."""

    version = "posing"

    def __init__(self, *boxes: Box, yaw: float = 0.0) -> None:
        self._boxes = list(boxes)
        self._yaw = yaw

    def find_boxes(self, _image: LoadedImage) -> list[Box]:
        return self._boxes

    def head_yaw(self, _image: LoadedImage, _box: Box) -> float:
        return self._yaw


def hint(*boxes: Box, yaw: float = 0.0, image: LoadedImage | None = None) -> Hint:
    return hint_for(PosingEngine(*boxes, yaw=yaw), image or scene())  # type: ignore[arg-type]


NEAR = Box(100, 100, 300, 300)


def test_a_large_face_that_looks_at_the_camera_is_good() -> None:
    assert hint(NEAR) is Hint.GOOD


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ((), Hint.NO_FACE),
        ((Box(10, 100, 180, 270), Box(220, 100, 390, 270)), Hint.SEVERAL_FACES),
        ((Box(-120, 100, 130, 350),), Hint.CUT_OFF),
        ((Box(180, 180, 220, 220),), Hint.CLOSER),  # too few pixels
        ((Box(160, 160, 240, 240),), Hint.CLOSER),  # enough pixels, but small in the frame
    ],
)
def test_the_place_of_the_face_decides(boxes: tuple[Box, ...], expected: Hint) -> None:
    assert hint(*boxes) is expected


@pytest.mark.parametrize(("yaw", "expected"), [(0.34, Hint.GOOD), (-0.36, Hint.LOOK_HERE)])
def test_a_person_who_looks_aside_is_asked_to_look_here(yaw: float, expected: Hint) -> None:
    assert hint(NEAR, yaw=yaw) is expected


def test_light_and_sharpness_decide() -> None:
    assert hint(NEAR, image=scene(0.1)) is Hint.MORE_LIGHT
    plain = scene()
    plain.pixels[100:300, 100:240] = 250
    assert hint(NEAR, image=plain) is Hint.SOFTER_LIGHT


def test_every_reason_to_refuse_a_photo_has_its_hint() -> None:
    assert set(UnusableReference.__subclasses__()) == set(_HINTS)


@pytest.mark.parametrize("yaw", [QUALITY.max_yaw + 0.01, -QUALITY.max_yaw - 0.01])
def test_a_head_that_is_turned_away_is_no_reference(yaw: float) -> None:
    with pytest.raises(FaceTurnedAway) as caught:
        check_pose(PosingEngine(yaw=yaw), scene(), NEAR)  # type: ignore[arg-type]
    assert caught.value.box == NEAR
    check_pose(PosingEngine(yaw=np.sign(yaw) * QUALITY.max_yaw), scene(), NEAR)  # type: ignore[arg-type]
