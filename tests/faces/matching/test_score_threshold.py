from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.matching.score_threshold import score_threshold

TARGET = 1 / 300


def threshold(
    scores: NDArray[np.floating], *, people: int = 10, target: float = TARGET, size: int = 1
) -> float:
    sizes = np.full(len(scores), size)
    return score_threshold(scores, sizes, people=people, max_wrong_share=target)


def best_of_strangers(random: np.random.Generator, faces: int, people: int) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = random.normal(size=(faces, people)).max(axis=1)
    return scores


def test_one_face_and_one_person_have_one_chance() -> None:
    """One in 300 of a normal distribution is beyond 2.71 deviations."""
    assert threshold(np.array([0.0]), people=1) == pytest.approx(2.713, abs=1e-3)


def test_the_threshold_rises_with_people_and_with_faces() -> None:
    strangers = np.zeros(100)
    thresholds = [threshold(strangers, people=people) for people in (1, 10, 100)]
    thresholds += [threshold(np.zeros(10_000), people=100)]
    assert thresholds == sorted(thresholds)
    assert len(set(thresholds)) == 4
    assert threshold(np.zeros(20), size=5) == pytest.approx(threshold(strangers))


def test_the_threshold_rises_as_fewer_may_be_wrong() -> None:
    scores = np.random.default_rng(0).normal(4, 1, size=200)
    thresholds = [threshold(scores, target=1 / share) for share in (3, 30, 300, 3_000)]
    assert thresholds == sorted(thresholds)
    assert len(set(thresholds)) == 4


def test_the_more_is_surely_delivered_the_lower_the_threshold() -> None:
    """A wrong photo among 1,000 is within the target, one among 10 is not."""
    thresholds = []
    for guests in (0, 10, 100, 900):
        scores = np.zeros(1_000)
        scores[:guests] = 9.0
        thresholds.append(threshold(scores))
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == 4


def test_scores_of_minus_infinity_deliver_nothing() -> None:
    assert threshold(np.full(5, -np.inf)) == threshold(np.zeros(5))


def test_all_may_be_delivered_where_all_may_be_wrong() -> None:
    assert threshold(np.full(5, 3.0), people=1, target=1.0) <= 0


def test_the_order_of_the_clusters_does_not_matter() -> None:
    random = np.random.default_rng(2)
    scores, sizes = random.normal(2, 2, size=300).round(1), random.integers(1, 9, size=300)
    expected = score_threshold(scores, sizes, people=9, max_wrong_share=TARGET)
    order = random.permutation(300)
    again = score_threshold(scores[order], sizes[order], people=9, max_wrong_share=TARGET)
    assert again == expected


def test_among_strangers_alone_few_events_deliver_anything() -> None:
    random = np.random.default_rng(3)
    wrong = [
        bool((scores >= threshold(scores, people=20, target=0.05)).any())
        for scores in (best_of_strangers(random, 30, 20) for _ in range(1_500))
    ]
    assert 0.02 < np.mean(wrong) < 0.065


@pytest.mark.parametrize("found", [3.0, 5.0])
def test_among_guests_and_strangers_no_more_is_wrong_than_was_asked_for(found: float) -> None:
    """This holds even if guests and strangers are clearly apart."""
    random, target = np.random.default_rng(4), 0.02
    wrong = given = 0
    for _ in range(40):
        strangers = best_of_strangers(random, 1_000, 30)
        guests = random.normal(found, 1, size=300)
        min_score = threshold(np.concatenate([strangers, guests]), people=30, target=target)
        wrong += int((strangers >= min_score).sum())
        given += int((strangers >= min_score).sum() + (guests >= min_score).sum())
    assert given > 1_000
    assert 0.5 * target < wrong / given < 1.2 * target


@pytest.mark.parametrize("share", [0.0, -0.1, float("nan")])
def test_a_share_that_nothing_could_meet_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="a share above 0 is needed"):
        threshold(np.zeros(3), target=share)
