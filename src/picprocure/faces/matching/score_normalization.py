"""How far off strangers are, seen from one place: the event as its own yardstick.

A fixed limit is not equally safe for everybody: the network puts some groups of people much
closer together than others, so that a stranger may lie nearer to one person's reference than
another person's own photos lie to theirs. What is near must be weighed against what is near
anyway. Speaker verification knows this as adaptive symmetric score normalization (P. Matějka
et al., "Analysis of Score Normalization in Multilingual Speaker Recognition", 2017).

There, the nearest few of a cohort are averaged; how near they come depends on how large it is. Here
every event is a cohort of its own size. Distances to strangers are close to normal, so the nearest
few of so many say where the middle of all would be, whatever the size.
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


class Crowd(NamedTuple):
    """``distance`` (n,): where strangers are, seen from each of n places.

    ``share`` is how much of it the event itself said, from 0 to 1; the prior said the rest.
    """

    distance: NDArray[np.float32]
    share: float

    def at(self, places: NDArray[np.integer] | int) -> Crowd:
        return Crowd(np.atleast_1d(self.distance[places]), self.share)


def nearest_of(distances: NDArray[np.floating], thresholds: Thresholds) -> NDArray[np.floating]:
    """As many of each row's smallest distances as a crowd looks at, ascending."""
    wanted = thresholds.cohort_skip + thresholds.cohort_size
    if wanted < distances.shape[1]:
        distances = np.partition(distances, wanted - 1, axis=1)[:, :wanted]
    return np.sort(distances, axis=1)


def crowd(nearest: NDArray[np.floating], among: int, thresholds: Thresholds) -> Crowd:
    """``nearest`` (n, ranks) are each place's nearest clusters of ``among``, ascending.

    The first may be the person and is left out. The fewer there are, the more counts the prior.
    """
    first = thresholds.cohort_skip
    cohort = nearest[:, first : min(first + thresholds.cohort_size, among)]
    prior = thresholds.strangers_distance
    if not cohort.shape[1]:
        return Crowd(np.full(len(nearest), prior, dtype=np.float32), 0.0)
    share = among / (among + thresholds.cohort_prior)
    below = _deviations_below(first + 1, first + cohort.shape[1], among)
    seen = cohort.mean(axis=1) + thresholds.strangers_slope * below
    return Crowd((share * seen + (1 - share) * prior).astype(np.float32), share)


@cache
def _deviations_below(first: int, last: int, among: int) -> float:
    """How far the mean of these ranks of normal values lies below the mean of all.

    Source: G. Blom, "Statistical Estimates and Transformed Beta-Variables", 1958.
    """
    ranks = range(first, last + 1)
    return -sum(NORMAL.inv_cdf((rank - 0.375) / (among + 0.25)) for rank in ranks) / len(ranks)


class Scale(NamedTuple):
    """From distances to scores and back, between two crowds: both float32, or a number.

    ``strangers`` is where strangers are, as both ends see them; ``deviation`` how far from there
    one may be by chance.
    """

    strangers: NDArray[np.float32]
    deviation: float

    @classmethod
    def between(
        cls, here: Crowd, there: Crowd, thresholds: Thresholds, *, faces: int, factor: float
    ) -> Scale:
        """``here`` is seen from so many ``faces`` of one person.

        ``factor`` is how much longer than usual the event's own tail of strangers is.
        """
        unsaid = 1 - (here.share + there.share) / 2
        spread = math.hypot(
            thresholds.strangers_spread, math.sqrt(unsaid) * thresholds.unknown_spread
        )
        of_many = 1 + thresholds.spread_of_many * (1 - 1 / faces)
        strangers = (here.distance + there.distance) / np.float32(2)
        return cls(strangers, spread * of_many * factor)

    def scores(self, distances: NDArray[np.floating]) -> NDArray[np.float32]:
        """By how many deviations the distances lie below those of strangers."""
        return ((self.strangers - distances) / self.deviation).astype(np.float32, copy=False)

    def distances(self, score: float) -> NDArray[np.float32]:
        """Where that score is."""
        distances: NDArray[np.float32] = self.strangers - np.float32(score * self.deviation)
        return distances
