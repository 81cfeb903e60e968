from __future__ import annotations

import pytest

from picprocure.faces.evaluation import DeliveryQuality, EventLabels, bcubed, delivery_quality

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


def test_bcubed_of_everybody_apart_is_precise() -> None:
    precision, recall = bcubed([0, 1, 2], ["ada", "ada", "ben"])
    assert precision == 1.0
    assert recall == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
