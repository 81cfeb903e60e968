from __future__ import annotations

import pytest

from picprocure.faces.evaluation import (
    DeliveryQuality,
    DetectionQuality,
    EventLabels,
    bcubed,
    delivery_quality,
    detection_quality,
    known_identities,
    labeled_box,
    matched_boxes,
    share_inside,
    wrongly_given,
)
from picprocure.faces.types import Box

LABELS: EventLabels = {
    "people": ["ada", "ben"],
    "photos": {
        "1.jpg": ["ada", "ben", "stranger:eve"],
        "2.jpg": ["ada"],
        "3.jpg": ["stranger:eve"],
    },
}


def test_everything_right_is_one_and_one() -> None:
    quality = delivery_quality([("ada", "1.jpg"), ("ada", "2.jpg"), ("ben", "1.jpg")], LABELS)
    assert quality == DeliveryQuality(given=3, right=3, owed=3)
    assert (quality.precision, quality.recall) == (1.0, 1.0)


def test_a_wrong_photo_costs_precision_and_a_missing_one_recall() -> None:
    quality = delivery_quality([("ada", "1.jpg"), ("ben", "3.jpg")], LABELS)
    assert (quality.precision, quality.recall) == (1 / 2, 1 / 3)


def test_a_photo_given_twice_counts_once() -> None:
    assert delivery_quality([("ada", "2.jpg")] * 2, LABELS).given == 1


def test_strangers_are_owed_nothing() -> None:
    quality = delivery_quality([("stranger:eve", "3.jpg")], LABELS)
    assert (quality.right, quality.owed) == (0, 3)


def test_nothing_given_is_precise_and_recalls_nothing() -> None:
    quality = delivery_quality([], LABELS)
    assert (quality.precision, quality.recall) == (1.0, 0.0)


def test_bcubed_of_the_truth_is_one_and_one() -> None:
    assert bcubed([5, 5, 2], ["ada", "ada", "ben"]) == (1.0, 1.0)
    assert bcubed([], []) == (1.0, 1.0)


def test_bcubed_of_one_big_cluster_recalls_all() -> None:
    precision, recall = bcubed([0, 0, 0], ["ada", "ada", "ben"])
    assert precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert recall == 1.0


def test_bcubed_of_single_faces_is_precise() -> None:
    precision, recall = bcubed([0, 1, 2], ["ada", "ada", "ben"])
    assert precision == 1.0
    assert recall == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)


def test_wrong_photos_are_listed_by_person() -> None:
    given = [("ben", "3.jpg"), ("ben", "2.jpg"), ("ada", "1.jpg"), ("ada", "unknown.jpg")]
    assert wrongly_given(given, LABELS) == {"ada": ["unknown.jpg"], "ben": ["2.jpg", "3.jpg"]}


FACE = Box(0, 0, 100, 100)


def test_overlap_is_intersection_over_union() -> None:
    assert FACE.overlap(FACE) == 1.0
    assert FACE.overlap(Box(50, 0, 150, 100)) == pytest.approx(1 / 3)
    assert FACE.overlap(Box(100, 0, 200, 100)) == 0.0
    assert share_inside(Box(50, 0, 150, 100), FACE) == 0.5


def test_each_box_is_one_face_at_most_and_the_best_overlap_wins() -> None:
    found = [Box(30, 0, 130, 100), Box(2, 0, 102, 100), Box(300, 0, 400, 100)]
    assert matched_boxes(found, [FACE]) == [(1, 0)]
    assert sorted(matched_boxes(found, [FACE, Box(31, 0, 131, 100)])) == [(0, 1), (1, 0)]


def test_false_boxes_are_counted_outside_ignored_regions() -> None:
    found = [FACE, Box(200, 0, 300, 100), Box(400, 0, 500, 100)]
    quality = detection_quality(found, [FACE, Box(0, 500, 9, 509)], [Box(390, 0, 600, 600)])
    assert quality == DetectionQuality((True, False), 1)
    assert (quality.recall, quality.false_per_100) == (0.5, 50.0)


def test_figures_of_photos_add_up() -> None:
    total = DetectionQuality((True,), 1) + DetectionQuality((False, True), 0)
    assert total == DetectionQuality((True, False, True), 1)
    assert DetectionQuality().recall == 1.0


def test_who_a_face_is_is_known_only_where_nothing_is_left_to_guess() -> None:
    assert known_identities([FACE], "2.jpg", LABELS) == ["ada"]
    assert known_identities([FACE, FACE], "2.jpg", LABELS) == [None, None]
    assert known_identities([FACE] * 3, "1.jpg", LABELS) == [None] * 3
    assert known_identities([], "2.jpg", LABELS) == []
    assert known_identities([FACE], "unknown.jpg", LABELS) == [None]


def test_names_in_the_order_of_places_tell_who_is_who_where_none_is_missing() -> None:
    found = [Box(400, 0, 500, 100), Box(0, 5, 90, 95), Box(200, 0, 300, 100)]
    names = known_identities(found, "1.jpg", LABELS, left_to_right=True)
    assert names == ["stranger:eve", "ada", "ben"]
    assert known_identities(found[:2], "1.jpg", LABELS, left_to_right=True) == [None, None]


def test_places_in_the_labels_tell_who_is_who() -> None:
    labels: EventLabels = {
        **LABELS,
        "boxes": {"1.jpg": [[0, 0, 100, 100], [200, 0, 100, 100], [400, 0, 100, 100]]},
    }
    found = [Box(205, 0, 305, 100), Box(900, 0, 990, 90), FACE]
    assert known_identities(found, "1.jpg", labels) == ["ben", None, "ada"]
    assert labeled_box([0.4, 0.6, 99.8, 99.5]) == Box(0, 1, 100, 100)
