"""Score normalization: distances compared with those to strangers of the same event.

A fixed limit on the distance is not equally safe for everybody. The network puts some groups of
people much closer together than others, so a stranger may be nearer to one person's reference than
another person's own photos are to theirs. Speaker verification knows the remedy as adaptive
symmetric score normalization, AS-norm (P. Matějka et al., "Analysis of Score Normalization in
Multilingual Speaker Recognition", 2017): a distance is compared with those to a cohort of surely
other people, seen from both ends.

AS-norm averages the nearest few of a fixed cohort. How near they are depends on the cohort's size,
and here every event is a cohort of another size. Distances to strangers are close to normal, so the
nearest few of n tell where the mean of all n is, whatever n.
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


class CohortStatistics(NamedTuple):
    """The mean distance to strangers, seen from each of n points.

    ``mean`` is float32 (n,). ``share`` from 0 to 1 is how much of it comes from the event itself;
    the rest comes from the prior.
    """

    mean: NDArray[np.float32]
    share: float

    def at(self, rows: NDArray[np.integer] | int) -> CohortStatistics:
        return CohortStatistics(np.atleast_1d(self.mean[rows]), self.share)


def nearest_distances(
    distances: NDArray[np.floating], thresholds: Thresholds
) -> NDArray[np.floating]:
    """Return the smallest distances of each row, as many as the statistics need, ascending."""
    wanted = thresholds.cohort_skip + thresholds.cohort_size
    if wanted < distances.shape[1]:
        distances = np.partition(distances, wanted - 1, axis=1)[:, :wanted]
    return np.sort(distances, axis=1)


def cohort_statistics(
    nearest: NDArray[np.floating], cohort_size: int, thresholds: Thresholds
) -> CohortStatistics:
    """Estimate the mean distance to strangers from the nearest clusters of a cohort.

    The nearest cluster may be the person, so it is left out. The smaller the cohort, the more the
    prior counts.

    Args:
        nearest: distances (n, ranks) from each point to its nearest clusters, ascending.
        cohort_size: the number of clusters that these are the nearest of.
    """
    first = thresholds.cohort_skip
    used = nearest[:, first : min(first + thresholds.cohort_size, cohort_size)]
    prior = thresholds.strangers_distance
    if not used.shape[1]:
        return CohortStatistics(np.full(len(nearest), prior, dtype=np.float32), 0.0)
    share = cohort_size / (cohort_size + thresholds.cohort_prior)
    below = _deviations_below_mean(first + 1, first + used.shape[1], cohort_size)
    observed = used.mean(axis=1) + thresholds.strangers_slope * below
    mean = (share * observed + (1 - share) * prior).astype(np.float32)
    return CohortStatistics(mean, share)


@cache
def _deviations_below_mean(first: int, last: int, count: int) -> float:
    """Return how far the mean of these ranks of normal values lies below the mean of all.

    Source: G. Blom, "Statistical Estimates and Transformed Beta-Variables", 1958.
    """
    ranks = range(first, last + 1)
    return -sum(NORMAL.inv_cdf((rank - 0.375) / (count + 0.25)) for rank in ranks) / len(ranks)


class ScoreScale(NamedTuple):
    """Converts distances to scores and back.

    A score says by how many deviations a distance lies below that to strangers. ``strangers`` is
    the mean distance to strangers, as both ends see it, float32 (n,).
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
        factor: float,
    ) -> ScoreScale:
        """Return the scale between two ends.

        Args:
            probe: seen from one person.
            target: seen from the clusters that the person is compared with.
            faces: the number of faces that the person is known by.
            factor: how much longer than usual the tail of the event's strangers is.
        """
        unknown = 1 - (probe.share + target.share) / 2
        spread = math.hypot(
            thresholds.strangers_spread, math.sqrt(unknown) * thresholds.unknown_spread
        )
        of_many = 1 + thresholds.spread_of_many * (1 - 1 / faces)
        strangers = (probe.mean + target.mean) / np.float32(2)
        return cls(strangers, spread * of_many * factor)

    def scores(self, distances: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return by how many deviations the distances lie below those to strangers."""
        return ((self.strangers - distances) / self.deviation).astype(np.float32, copy=False)

    def distances(self, score: float) -> NDArray[np.float32]:
        """Return the distances that have this score."""
        distances: NDArray[np.float32] = self.strangers - np.float32(score * self.deviation)
        return distances
