from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.matching.score_threshold import limit_score

TARGET = 1 / 300


def limit(
    scores: NDArray[np.floating], *, people: int = 10, target: float = TARGET, size: int = 1
) -> float:
    sizes = np.full(len(scores), size)
    return limit_score(scores, sizes, people=people, max_wrong_share=target)


def nearest_of_strangers(
    random: np.random.Generator, faces: int, people: int
) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = random.normal(size=(faces, people)).max(axis=1)
    return scores


def test_one_face_and_one_person_have_one_chance() -> None:
    """One in 300 of a normal distribution lies beyond 2.71 deviations."""
    assert limit(np.array([0.0]), people=1) == pytest.approx(2.713, abs=1e-3)


def test_the_limit_rises_with_people_and_with_faces() -> None:
    nobody = np.zeros(100)
    limits = [limit(nobody, people=people) for people in (1, 10, 100)]
    limits += [limit(np.zeros(10_000), people=100)]
    assert limits == sorted(limits)
    assert len(set(limits)) == 4
    assert limit(np.zeros(20), size=5) == pytest.approx(limit(nobody))


def test_the_limit_rises_as_fewer_may_be_wrong() -> None:
    scores = np.random.default_rng(0).normal(4, 1, size=200)
    limits = [limit(scores, target=1 / share) for share in (3, 30, 300, 3_000)]
    assert limits == sorted(limits)
    assert len(set(limits)) == 4


def test_the_more_is_surely_delivered_the_lower_the_limit() -> None:
    """A wrong photo among 1,000 is within the target, one among 10 is not."""
    limits = []
    for guests in (0, 10, 100, 900):
        scores = np.zeros(1_000)
        scores[:guests] = 9.0
        limits.append(limit(scores))
    assert limits == sorted(limits, reverse=True)
    assert len(set(limits)) == 4


def test_scores_of_minus_infinity_are_nobodys() -> None:
    assert limit(np.full(5, -np.inf)) == limit(np.zeros(5))


def test_all_may_be_delivered_where_all_may_be_wrong() -> None:
    assert limit(np.full(5, 3.0), people=1, target=1.0) <= 0


def test_the_order_of_the_clusters_does_not_matter() -> None:
    random = np.random.default_rng(2)
    scores, sizes = random.normal(2, 2, size=300).round(1), random.integers(1, 9, size=300)
    expected = limit_score(scores, sizes, people=9, max_wrong_share=TARGET)
    order = random.permutation(300)
    again = limit_score(scores[order], sizes[order], people=9, max_wrong_share=TARGET)
    assert again == expected


def test_among_strangers_alone_few_events_deliver_anything() -> None:
    random = np.random.default_rng(3)
    wrong = [
        bool((scores >= limit(scores, people=20, target=0.05)).any())
        for scores in (nearest_of_strangers(random, 30, 20) for _ in range(1_500))
    ]
    assert 0.02 < np.mean(wrong) < 0.065


@pytest.mark.parametrize("found", [3.0, 5.0])
def test_among_guests_and_strangers_no_more_is_wrong_than_was_asked_for(found: float) -> None:
    """However well the guests are told from the strangers."""
    random, target = np.random.default_rng(4), 0.02
    wrong = given = 0
    for _ in range(40):
        strangers = nearest_of_strangers(random, 1_000, 30)
        guests = random.normal(found, 1, size=300)
        least = limit(np.concatenate([strangers, guests]), people=30, target=target)
        wrong += int((strangers >= least).sum())
        given += int((strangers >= least).sum() + (guests >= least).sum())
    assert given > 1_000
    assert 0.5 * target < wrong / given < 1.2 * target


@pytest.mark.parametrize("share", [0.0, -0.1, float("nan")])
def test_a_share_that_nothing_could_meet_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="a share above 0 is needed"):
        limit(np.zeros(3), target=share)
