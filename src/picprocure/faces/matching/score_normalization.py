"""Normalize scores: compare distances with those to strangers of the same event.

A fixed limit on the distance is not equally safe for all people. The network puts some groups of
people much closer together than others. So a stranger may be nearer to one person's reference than
another person's photos are to theirs. Speaker verification solves this by adaptive symmetric score
normalization, AS-norm (P. Matějka et al., "Analysis of Score Normalization in Multilingual Speaker
Recognition", 2017). A distance is compared with those to a cohort of other people, seen from both
ends.

AS-norm averages the nearest few of a fixed cohort. How near they are depends on the size of the
cohort, and each event is a cohort of another size. Distances to strangers are nearly normal, so the
nearest few tell where the mean of all is, whatever the size.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds

NORMAL: Final = NormalDist()

_MORE: Final = 64
"""So many of the smallest distances nearly always have enough sources."""


class CohortStatistics(NamedTuple):
    """The mean distance to strangers, seen from some points.

    Attributes:
        mean: float32 (points,).
        share: How much of it comes from the event itself, from 0 to 1. The rest is the prior.
    """

    mean: NDArray[np.float32]
    share: float

    def at(self, rows: NDArray[np.integer] | int) -> CohortStatistics:
        """Return the statistics of some of the points."""
        return CohortStatistics(np.atleast_1d(self.mean[rows]), self.share)


def nearest_distances(
    distances: NDArray[np.floating], sources: NDArray[np.integer], thresholds: Thresholds
) -> NDArray[np.floating]:
    """Return the smallest distances of each row, ascending: as many as the statistics need.

    Of the clusters that have one source, only the nearest one counts. So a photo with many faces
    that are in no other photo moves each mean by one rank at most. And of the clusters that nearly
    always show the same person, only the nearest one counts. So a person whose faces are in many
    clusters doesn't seem to look like many strangers.

    Args:
        distances: The distances from each point to the clusters of a cohort (points, n).
        sources: The source of each cluster (n,), or (points, n) if it differs.
        thresholds: Which ranks count.

    Returns:
        The chosen distances (points, ranks), infinite if there are too few sources.
    """
    sources = np.broadcast_to(sources, distances.shape)
    nearest = _nearest_of_each_source(distances, sources, thresholds)
    rows = np.flatnonzero((nearest[:, 1:2] < thresholds.cohort_from).any(axis=1))
    if len(rows):
        others = distances[rows]
        own = others.argmin(axis=1)[:, None]
        others[others < thresholds.cohort_from] = np.inf
        np.put_along_axis(others, own, np.take_along_axis(distances[rows], own, axis=1), axis=1)
        nearest[rows] = _nearest_of_each_source(others, sources[rows], thresholds)
    return nearest


def _nearest_of_each_source(
    distances: NDArray[np.floating], sources: NDArray[np.integer], thresholds: Thresholds
) -> NDArray[np.floating]:
    """Return the smallest distances of each row, ascending, one of each source.

    Of most rows, the smallest ones have different sources anyway.
    """
    wanted = min(thresholds.cohort_skip + thresholds.cohort_size, distances.shape[1])
    nearest, of_nearest = _smallest(distances, sources, wanted)
    ordered = np.sort(of_nearest, axis=1)
    rows = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    for count in (_MORE, distances.shape[1]):
        more = _smallest(distances[rows], sources[rows], count)
        nearest[rows], is_enough = _first_of_each_source(*more, wanted)
        rows = rows[~is_enough]
    return nearest


def _smallest(
    distances: NDArray[np.floating], sources: NDArray[np.integer], count: int
) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    """Return so many of the smallest distances of each row, ascending, and their sources."""
    if count < distances.shape[1]:
        columns = np.argpartition(distances, count - 1, axis=1)[:, :count]
        distances = np.take_along_axis(distances, columns, axis=1)
        sources = np.take_along_axis(sources, columns, axis=1)
    order = np.argsort(distances, axis=1)
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(sources, order, axis=1)


def _first_of_each_source(
    distances: NDArray[np.floating], sources: NDArray[np.integer], wanted: int
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Return the first distances of each row with different sources.

    Args:
        distances: Ascending in each row (rows, n).
        sources: The source of each distance (rows, n).
        wanted: How many distances to return.

    Returns:
        The distances (rows, wanted), infinite if there are too few sources, and which rows have
        enough of them (rows,).
    """
    chosen = np.full((len(distances), wanted), np.inf, dtype=distances.dtype)
    is_enough = np.zeros(len(distances), dtype=np.bool_)
    for row in range(len(distances)):
        _, first = np.unique(sources[row], return_index=True)
        first = np.sort(first)[:wanted]
        chosen[row, : len(first)] = distances[row, first]
        is_enough[row] = len(first) == wanted
    return chosen, is_enough


def cohort_statistics(
    nearest: NDArray[np.floating], cohort_size: int, thresholds: Thresholds
) -> CohortStatistics:
    """Estimate the mean distance to strangers from the nearest clusters of a cohort.

    The nearest cluster may be the person, so it is left out. The smaller the cohort, the more the
    prior counts.

    Args:
        nearest: The distances from each point to its nearest clusters, ascending (points, ranks).
            Infinite ones count like the prior.
        cohort_size: The number of clusters in the cohort.
        thresholds: The prior, and which ranks count.
    """
    first = thresholds.cohort_skip
    used = nearest[:, first : min(first + thresholds.cohort_size, cohort_size)]
    prior = thresholds.strangers_distance
    if not used.shape[1]:
        return CohortStatistics(np.full(len(nearest), prior, dtype=np.float32), 0.0)
    share = cohort_size / (cohort_size + thresholds.cohort_prior)
    below = _deviations_below_mean(first + 1, first + used.shape[1], cohort_size)
    used = np.where(np.isinf(used), prior - thresholds.strangers_slope * below, used)
    observed = used.mean(axis=1) + thresholds.strangers_slope * below
    mean = (share * observed + (1 - share) * prior).astype(np.float32)
    return CohortStatistics(mean, share)


@cache
def _deviations_below_mean(first: int, last: int, count: int) -> float:
    """Return how far the lowest of some normal values are below the mean of all of them.

    Source: G. Blom, "Statistical Estimates and Transformed Beta-Variables", 1958.

    Args:
        first: The first rank that counts, from 1.
        last: The last rank that counts.
        count: The number of values.

    Returns:
        The mean over the ranks, in deviations.
    """
    ranks = range(first, last + 1)
    return -sum(NORMAL.inv_cdf((rank - 0.375) / (count + 0.25)) for rank in ranks) / len(ranks)


class ScoreScale(NamedTuple):
    """Converts distances to scores and back.

    A score says by how many deviations a distance is below that to strangers.

    Attributes:
        strangers: The mean distance to strangers, seen from both ends, float32 (n,).
        deviation: The length of a deviation.
    """

    strangers: NDArray[np.float32]
    deviation: float

    @classmethod
    def between(
        cls,
        probe: CohortStatistics,
        target: CohortStatistics,
        thresholds: Thresholds,
        *,
        faces: int,
    ) -> ScoreScale:
        """Return the scale between a person and clusters.

        Args:
            probe: The cohort, seen from the person.
            target: The cohort, seen from the clusters.
            thresholds: The lengths of deviations.
            faces: The number of faces that the person is known by.
        """
        unknown = 1 - (probe.share + target.share) / 2
        spread = math.hypot(
            thresholds.strangers_spread, math.sqrt(unknown) * thresholds.unknown_spread
        )
        of_many = 1 + thresholds.spread_of_many * (1 - 1 / faces)
        strangers = (probe.mean + target.mean) / np.float32(2)
        return cls(strangers, spread * of_many)

    def scores(self, distances: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the scores of distances (n,)."""
        return ((self.strangers - distances) / self.deviation).astype(np.float32, copy=False)

    def distances(self, score: float) -> NDArray[np.float32]:
        """Return the distances that have this score (n,)."""
        distances: NDArray[np.float32] = self.strangers - np.float32(score * self.deviation)
        return distances
