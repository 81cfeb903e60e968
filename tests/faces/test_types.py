from __future__ import annotations

from picprocure.faces.types import Box


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
