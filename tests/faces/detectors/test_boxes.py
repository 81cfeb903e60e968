from __future__ import annotations

import numpy as np

from picprocure.faces.detectors.boxes import Candidates, joined, without_repeats


def candidates(*boxes: tuple[float, float, float, float], scores: list[float]) -> Candidates:
    count = len(scores)
    return Candidates(
        np.array(boxes, dtype=np.float32).reshape(count, 4),
        np.array(scores, dtype=np.float32),
        np.zeros((count, 5, 2), dtype=np.float32),
    )


def kept(found: Candidates) -> list[float]:
    chosen = without_repeats(found, max_overlap=0.3, max_containment=0.7)
    return [round(float(score), 2) for score in chosen.scores]


def test_of_boxes_on_one_face_the_most_certain_stays() -> None:
    found = candidates((0, 0, 10, 10), (1, 1, 11, 11), (30, 0, 40, 10), scores=[0.6, 0.9, 0.7])
    assert kept(found) == [0.9, 0.7]


def test_a_part_of_a_large_face_is_no_face_of_its_own() -> None:
    assert kept(candidates((0, 0, 100, 100), (10, 10, 40, 40), scores=[0.9, 0.8])) == [0.9]


def test_cheek_by_cheek_both_stay() -> None:
    assert kept(candidates((0, 0, 10, 10), (7, 0, 17, 10), scores=[0.9, 0.8])) == [0.9, 0.8]


def test_a_box_that_was_dropped_drops_no_other() -> None:
    chain = candidates((0, 0, 10, 10), (5, 0, 15, 10), (10, 0, 20, 10), scores=[0.9, 0.8, 0.7])
    assert kept(chain) == [0.9, 0.7]


def test_nothing_has_no_repeats() -> None:
    assert kept(candidates(scores=[])) == []


def test_boxes_and_points_move_and_grow_together() -> None:
    found = Candidates(
        np.array([[1, 2, 3, 6]], dtype=np.float32),
        np.array([0.5], dtype=np.float32),
        np.array([[[1, 2]] * 5], dtype=np.float32),
    )
    there = found.moved(10, 20).scaled(2)
    assert there.boxes.tolist() == [[22, 44, 26, 52]]
    assert there.points[0, 0].tolist() == [22, 44]
    assert there.longer_sides.tolist() == [8]
    assert len(joined([found, there])) == 2
