from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from picprocure.faces.matching.score_normalization import Crowd, Scale, crowd, nearest_of
from picprocure.faces.thresholds import DEFAULT

TAKEN_AT_ITS_WORD = replace(DEFAULT, cohort_prior=0.0)
ANYWHERE = Crowd(np.array([0.5], dtype=np.float32), 1.0)


def strangers(count: int, *, mean: float = 0.5, places: int = 400) -> Crowd:
    """What normal distances say, seen from many places, when nothing is known beforehand."""
    random = np.random.default_rng(count)
    distances = random.normal(mean, DEFAULT.strangers_slope, size=(places, count))
    return crowd(nearest_of(distances, TAKEN_AT_ITS_WORD), count, TAKEN_AT_ITS_WORD)


@pytest.mark.parametrize("count", [10, 50, 500, 5_000])
@pytest.mark.parametrize("mean", [0.45, 0.55])
def test_however_many_strangers_they_are_where_they_are(count: int, mean: float) -> None:
    """The nearest of 5,000 are .1 nearer than those of 50, and that is allowed for."""
    assert strangers(count, mean=mean).distance.mean() == pytest.approx(mean, abs=0.003)


def test_a_crowd_from_one_place_is_as_sure_as_a_few_distances_can_be() -> None:
    for count in (50, 500, 5_000):
        assert strangers(count).distance.std() < 0.02


def test_the_nearest_is_left_out_as_it_may_be_the_person() -> None:
    distances = np.random.default_rng(1).normal(0.5, 0.04, size=(1, 60))
    distances[0, 0] = distances.min() - 0.01
    herself = distances.copy()
    herself[0, 0] = 0.1
    near = [crowd(nearest_of(rows, DEFAULT), 60, DEFAULT) for rows in (distances, herself)]
    assert near[0] == near[1]


@pytest.mark.parametrize("count", [0, 1])
def test_without_others_the_prior_says_all(count: int) -> None:
    seen = crowd(np.full((3, count), 0.2), count, DEFAULT)
    assert seen.distance.tolist() == [pytest.approx(DEFAULT.strangers_distance)] * 3
    assert seen.share == 0


def test_the_more_others_the_more_the_event_itself_says() -> None:
    shares, distances = [], []
    for count in (3, 30, 150, 1_500):
        rows = np.random.default_rng(0).normal(0.4, DEFAULT.strangers_slope, size=(200, count))
        seen = crowd(nearest_of(rows, DEFAULT), count, DEFAULT)
        shares.append(seen.share)
        distances.append(float(seen.distance.mean()))
    assert shares == sorted(shares)
    assert shares[2] == pytest.approx(0.5)
    assert distances == sorted(distances, reverse=True)
    assert DEFAULT.strangers_distance > distances[0] > 0.48
    assert distances[-1] == pytest.approx(0.41, abs=0.01)


def test_nearest_come_ascending_and_no_more_than_are_looked_at() -> None:
    distances = np.random.default_rng(2).random((5, 40))
    wanted = DEFAULT.cohort_skip + DEFAULT.cohort_size
    assert np.array_equal(nearest_of(distances, DEFAULT), np.sort(distances, axis=1)[:, :wanted])
    assert np.array_equal(nearest_of(distances[:, :3], DEFAULT), np.sort(distances[:, :3], axis=1))


def test_a_crowd_at_some_places_is_that_of_these() -> None:
    seen = Crowd(np.arange(5, dtype=np.float32), 0.5)
    assert seen.at(np.array([3, 1])).distance.tolist() == [3, 1]
    assert seen.at(2).distance.tolist() == [2]
    assert seen.at(2).share == 0.5


def between(here: Crowd, there: Crowd, *, faces: int = 1, factor: float = 1.0) -> Scale:
    return Scale.between(here, there, DEFAULT, faces=faces, factor=factor)


def test_where_strangers_are_the_score_is_zero_and_a_deviation_nearer_it_is_one() -> None:
    there = Crowd(np.array([0.4, 0.6], dtype=np.float32), 1.0)
    scale = between(ANYWHERE, there)
    assert scale.strangers.tolist() == pytest.approx([0.45, 0.55])
    assert scale.deviation == pytest.approx(DEFAULT.strangers_spread)
    assert scale.scores(scale.strangers).tolist() == [0, 0]
    assert scale.scores(scale.strangers - scale.deviation).tolist() == pytest.approx([1, 1])


def test_scores_and_distances_lead_to_each_other() -> None:
    scale = between(ANYWHERE, Crowd(np.full(3, 0.55, dtype=np.float32), 0.3), faces=3, factor=1.2)
    for score in (-1.0, 0.0, 3.5):
        assert scale.scores(scale.distances(score)) == pytest.approx(score, abs=1e-5)
    assert scale.scores(np.zeros(3, dtype=np.float32)).dtype == np.float32


def test_whatever_is_less_certain_makes_a_deviation_longer() -> None:
    usual = between(ANYWHERE, ANYWHERE).deviation
    unknown = between(ANYWHERE._replace(share=0.2), ANYWHERE).deviation
    assert (
        usual < unknown < between(ANYWHERE._replace(share=0), ANYWHERE._replace(share=0)).deviation
    )
    assert usual < between(ANYWHERE, ANYWHERE, faces=2).deviation
    assert (
        between(ANYWHERE, ANYWHERE, faces=2).deviation
        < between(ANYWHERE, ANYWHERE, faces=50).deviation
    )
    assert between(ANYWHERE, ANYWHERE, factor=1.5).deviation == pytest.approx(1.5 * usual)
