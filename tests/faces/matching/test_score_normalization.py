from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.matching.score_normalization import (
    CohortStatistics,
    ScoreScale,
    cohort_statistics,
)
from picprocure.faces.matching.score_normalization import (
    nearest_distances as nearest_of_each_source,
)
from picprocure.faces.thresholds import DLIB, Thresholds
from seeds import seeds

WITHOUT_PRIOR = replace(DLIB, cohort_prior=0.0)
ALL_COUNT = replace(DLIB, cohort_from=0.0)
CERTAIN = CohortStatistics(np.array([0.5], dtype=np.float32), 1.0)


def nearest_distances(
    distances: NDArray[np.floating], thresholds: Thresholds
) -> NDArray[np.floating]:
    """Return the nearest of clusters that each have a source of their own."""
    return nearest_of_each_source(distances, np.arange(distances.shape[1]), thresholds)


def strangers(count: int, *, mean: float = 0.5, points: int = 400) -> CohortStatistics:
    """Estimate from normal distances, seen from many points, without a prior."""
    random = np.random.default_rng(count)
    distances = random.normal(mean, DLIB.strangers_slope, size=(points, count))
    return cohort_statistics(nearest_distances(distances, WITHOUT_PRIOR), count, WITHOUT_PRIOR)


@pytest.mark.parametrize("count", [10, 50, 500, 5_000])
@pytest.mark.parametrize("mean", [0.45, 0.55])
def test_however_many_strangers_they_are_where_they_are(count: int, mean: float) -> None:
    """The nearest of 5,000 are .1 nearer than those of 50, and the estimate allows for that."""
    assert strangers(count, mean=mean).mean.mean() == pytest.approx(mean, abs=0.003)


def test_the_nearest_of_ten_strangers_is_as_far_below_their_mean_as_tables_say() -> None:
    one = replace(WITHOUT_PRIOR, cohort_skip=0, cohort_size=1)
    seen = cohort_statistics(np.array([[0.4]]), 10, one)
    below = (float(seen.mean[0]) - 0.4) / DLIB.strangers_slope
    assert below == pytest.approx(1.5388, abs=0.01)  # H. L. Harter, Biometrika 48, 1961


def test_the_statistics_from_one_point_are_as_certain_as_a_few_distances_can_be() -> None:
    for count in (50, 500, 5_000):
        assert strangers(count).mean.std() < 0.02


def test_the_nearest_is_left_out_as_it_may_be_the_person() -> None:
    distances = np.random.default_rng(1).normal(0.5, 0.04, size=(1, 60))
    distances[0, 0] = distances.min() - 0.01
    with_own = distances.copy()
    with_own[0, 0] = 0.1
    near = [
        cohort_statistics(nearest_distances(rows, DLIB), 60, DLIB) for rows in (distances, with_own)
    ]
    assert near[0] == near[1]


@pytest.mark.parametrize("pictures", [1, 2, 12, 60])
def test_more_pictures_of_the_person_are_no_strangers(pictures: int) -> None:
    far = np.random.default_rng(1).normal(0.5, 0.04, size=(2, 60)).clip(0.4)
    own = np.random.default_rng(2).uniform(0.1, 0.27, size=pictures)
    rows = np.concatenate([np.tile(own, (2, 1)), far], axis=1)
    rows[1, :pictures] = 0.6
    found = nearest_distances(rows, DLIB)
    assert found[0, 0] == own.min()
    assert found[0, 1:].tolist() == np.sort(far[0])[: DLIB.cohort_size].tolist()
    assert found[1].tolist() == np.sort(rows[1])[: found.shape[1]].tolist()


def test_without_any_stranger_the_prior_counts() -> None:
    near = nearest_distances(np.full((1, 40), 0.1), DLIB)
    seen = cohort_statistics(near, 40, DLIB)
    assert seen.mean.tolist() == [pytest.approx(DLIB.strangers_distance)]


@pytest.mark.parametrize("count", [0, 1])
def test_without_a_cohort_only_the_prior_counts(count: int) -> None:
    seen = cohort_statistics(np.full((3, count), 0.2), count, DLIB)
    assert seen.mean.tolist() == [pytest.approx(DLIB.strangers_distance)] * 3
    assert seen.mean.dtype == np.float32
    assert seen.share == 0


def test_a_larger_cohort_makes_the_event_count_more() -> None:
    shares, distances = [], []
    for count in (3, 30, 150, 1_500):
        rows = np.random.default_rng(0).normal(0.4, DLIB.strangers_slope, size=(200, count))
        seen = cohort_statistics(nearest_distances(rows, ALL_COUNT), count, DLIB)
        assert seen.mean.dtype == np.float32
        shares.append(seen.share)
        distances.append(float(seen.mean.mean()))
    assert shares == sorted(shares)
    assert shares[2] == pytest.approx(0.5)
    assert distances == sorted(distances, reverse=True)
    assert DLIB.strangers_distance > distances[0] > 0.48
    assert distances[-1] == pytest.approx(0.41, abs=0.01)


def test_nearest_come_ascending_and_no_more_than_are_looked_at() -> None:
    distances = np.random.default_rng(2).random((20, 5_000))
    wanted = DLIB.cohort_skip + DLIB.cohort_size
    for count in (wanted, wanted + 1, 5_000):
        rows = distances[:, :count]
        expected = np.sort(rows, axis=1)[:, :wanted]
        assert np.array_equal(nearest_distances(rows, ALL_COUNT), expected)
    assert np.array_equal(
        nearest_distances(distances[:, :3], ALL_COUNT), np.sort(distances[:, :3], axis=1)
    )


def test_the_statistics_of_some_rows_are_chosen() -> None:
    seen = CohortStatistics(np.arange(5, dtype=np.float32), 0.5)
    assert seen.at(np.array([3, 1])).mean.tolist() == [3, 1]
    assert seen.at(2).mean.tolist() == [2]
    assert seen.at(2).share == 0.5


def between(probe: CohortStatistics, target: CohortStatistics, *, faces: int = 1) -> ScoreScale:
    return ScoreScale.between(probe, target, DLIB, faces=faces)


def test_where_strangers_are_the_score_is_zero_and_a_deviation_nearer_it_is_one() -> None:
    target = CohortStatistics(np.array([0.4, 0.6], dtype=np.float32), 1.0)
    scale = between(CERTAIN, target)
    assert scale.strangers.tolist() == pytest.approx([0.45, 0.55])
    assert scale.deviation == pytest.approx(DLIB.strangers_spread)
    assert scale.scores(scale.strangers).tolist() == [0, 0]
    assert scale.scores(scale.strangers - scale.deviation).tolist() == pytest.approx([1, 1])


def test_scores_and_distances_lead_to_each_other() -> None:
    target = CohortStatistics(np.full(3, 0.55, dtype=np.float32), 0.3)
    scale = between(CERTAIN, target, faces=3)
    for score in (-1.0, 0.0, 3.5):
        assert scale.scores(scale.distances(score)) == pytest.approx(score, abs=1e-5)
    assert scale.scores(np.zeros(3, dtype=np.float32)).dtype == np.float32


def test_whatever_is_less_certain_makes_a_deviation_longer() -> None:
    usual = between(CERTAIN, CERTAIN).deviation
    unknown = between(CERTAIN._replace(share=0.2), CERTAIN).deviation
    assert usual < unknown < between(CERTAIN._replace(share=0), CERTAIN._replace(share=0)).deviation
    assert usual < between(CERTAIN, CERTAIN, faces=2).deviation
    assert (
        between(CERTAIN, CERTAIN, faces=2).deviation < between(CERTAIN, CERTAIN, faces=50).deviation
    )


@pytest.mark.parametrize("seed", seeds(40))
def test_clusters_of_one_source_move_each_rank_by_one_at_most(seed: int) -> None:
    """Whatever faces a photo shows, it takes no more than one place among the nearest."""
    random = np.random.default_rng(seed)
    size = int(random.choice([2, 4, 8, 60, 400]))
    ordinary = random.normal(0.5, 0.05, size=(30, size))
    ordinary[:, 0] = random.uniform(0, 0.5, size=30)  # the person
    added = random.uniform(0, random.uniform(0.1, 0.7), size=(30, int(random.integers(1, 40))))
    sources = np.arange(size)
    before = nearest_of_each_source(ordinary, sources, DLIB)
    after = nearest_of_each_source(
        np.concatenate([ordinary, added], axis=1),
        np.concatenate([sources, np.full(added.shape[1], size)]),
        DLIB,
    )
    ranks = min(before.shape[1], after.shape[1])
    assert (after[:, 1:ranks] >= before[:, : ranks - 1]).all()


@pytest.mark.parametrize("seed", range(6))
def test_of_each_source_the_nearest_cluster_counts(seed: int) -> None:
    random = np.random.default_rng(seed)
    distances = random.random((20, 80))
    sources = random.integers(0, random.choice([3, 20, 200]), size=80)
    nearest = np.stack(
        [distances[:, sources == source].min(axis=1) for source in np.unique(sources)], axis=1
    )
    expected = np.full((20, 6), np.inf)
    expected[:, : nearest.shape[1]] = np.sort(nearest, axis=1)[:, :6]
    original = distances.copy()
    assert nearest_of_each_source(distances, sources, ALL_COUNT).tolist() == expected.tolist()
    assert distances.tolist() == original.tolist()
    order = random.permuted(np.tile(np.arange(80), (20, 1)), axis=1)  # other columns in each row
    rows = np.take_along_axis(distances, order, axis=1)
    assert nearest_of_each_source(rows, sources[order], ALL_COUNT).tolist() == expected.tolist()
