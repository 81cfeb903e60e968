from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import turned_pixels


def test_a_box_knows_its_size() -> None:
    box = Box(10, 20, 40, 100)
    assert (box.width, box.height, box.area) == (30, 80, 2400)


def test_a_scaled_box_covers_the_same_part_of_the_larger_picture() -> None:
    assert Box(10, 20, 41, 100).scaled(2.5) == Box(25, 50, 102, 250)


def test_a_clipped_box_stays_on_the_picture() -> None:
    assert Box(-5, 10, 60, 70).clipped(50, 40) == Box(0, 10, 50, 40)


def test_a_box_beside_the_picture_clips_to_nothing() -> None:
    assert Box(60, 10, 90, 30).clipped(50, 40).area == 0
    assert Box(-90, 10, -60, 30).clipped(50, 40).area == 0


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (0, Box(1, 2, 4, 8)),
        (90, Box(12, 1, 18, 4)),
        (180, Box(6, 12, 9, 18)),
        (270, Box(2, 6, 8, 9)),
    ],
)
def test_a_turned_box_covers_the_same_part_of_the_turned_picture(
    degrees: int, expected: Box
) -> None:
    box, pixels = Box(1, 2, 4, 8), np.zeros((20, 10, 3), np.uint8)
    assert box.turned(degrees, 10, 20) == expected
    pixels[box.top : box.bottom, box.left : box.right] = 1
    turned = turned_pixels(pixels, degrees)
    assert turned.sum() == pixels.sum()
    assert turned[expected.top : expected.bottom, expected.left : expected.right].all()
