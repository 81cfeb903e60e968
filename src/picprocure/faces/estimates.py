"""Estimate how many of many things are wrong from a few that a person looked at.

The things are in strata, such as sure and doubtful deliveries, and some of each stratum were drawn
at random. Errors are few, and so are the things that were looked at. So the interval is exact: no
normal approximation, and nothing is assumed about how the errors are spread over the strata.

Source: J. P. Wendell, J. Schmee, "Exact Inference for Proportions from a Stratified Finite
Population", Journal of the American Statistical Association, 1996. Outcomes are ordered by the
total that they suggest. A total is in the interval if some way to spread it over the strata makes
an outcome that is at least as extreme as the observed one not too unlikely.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONFIDENCE: Final = 0.95
MAX_STRATA: Final = 2
"""With two strata, all ways to spread a total are tried. With more, there would be too many."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """What was seen of a part of all things.

    Attributes:
        size: How many things there are.
        seen: How many of them were drawn at random and looked at.
        wrong: How many of these are wrong.
        unclear: How many of these may be right or wrong.
    """

    size: int
    seen: int
    wrong: int
    unclear: int = 0

    def __post_init__(self) -> None:
        """Check the counts."""
        if not (min(self.wrong, self.unclear) >= 0 and self.wrong + self.unclear <= self.seen):
            raise ValueError(f"{self}: what is wrong or unclear must have been seen")
        if self.seen > self.size or (self.size and not self.seen):
            raise ValueError(
                f"{self}: at least one of a stratum must be seen, and not more than all"
            )


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many things are wrong.

    Attributes:
        size: How many things there are.
        likely: The number that the sample suggests, or None if all that was seen is unclear.
        low: At least so many are wrong, with the confidence of `estimate`.
        high: At most so many are.
    """

    size: int
    likely: int | None
    low: int
    high: int


def estimate(strata: Sequence[Stratum], *, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate how many things are wrong, with an exact interval.

    For the upper end, what is unclear counts as wrong, and for the lower end as right. So the
    interval is never too narrow because of it.

    Args:
        strata: Two at most. Empty ones don't count.
        confidence: The interval has the true number in at least this share of all samples.

    Raises:
        ValueError: There are more strata.
    """
    filled = [one for one in strata if one.size]
    if len(filled) > MAX_STRATA:
        raise ValueError(f"{len(filled)} strata: the interval is computed for {MAX_STRATA} at most")
    size, tail = sum(one.size for one in filled), (1 - confidence) / 2
    high = _highest_total(filled, [one.wrong + one.unclear for one in filled], tail)
    right = [one.seen - one.wrong for one in filled]
    low = size - _highest_total(filled, right, tail)
    return Estimate(size=size, likely=_likely(filled), low=low, high=high)


def _likely(strata: Sequence[Stratum]) -> int | None:
    """Return the total that is suggested by what is clear, at least what is certain.

    A stratum of which nothing is clear is taken to be like the others.
    """
    clear = [one.seen - one.unclear for one in strata]
    if strata and not any(clear):
        return None
    wrong = sum(one.wrong for one in strata)
    of_all = wrong / sum(clear) if strata else 0
    shares = [
        one.size * (one.wrong / count if count else of_all)
        for one, count in zip(strata, clear, strict=True)
    ]
    return max(round(sum(shares)), wrong)


def _highest_total(strata: Sequence[Stratum], counted: Sequence[int], tail: float) -> int:
    """Return the highest total for which so small a sample is not too unlikely.

    One more thing to count makes a small sample less likely, wherever it is. So the highest total
    is found by halving.

    Args:
        strata: The strata.
        counted: What was counted in the sample of each.
        tail: Less likely samples are too unlikely.
    """
    first, second = _both([_Draws.of(one.size, one.seen) for one in strata])
    limits = _limits(first, second, counted)
    low, high = sum(counted), first.size + second.size
    while low < high:
        middle = (low + high + 1) // 2
        if _chance(first, second, limits, middle) > tail:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class _Draws:
    """The chances of each count in a sample without replacement, for each true count.

    Attributes:
        size: The number of things.
        seen: The size of the sample.
        chances: float64 (size + 1, seen + 1), by the true count and the count in the sample.
    """

    size: int
    seen: int
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, size: int, seen: int) -> _Draws:
        logs = np.array([0.0, *accumulate(np.log(np.arange(1, size + 1)).tolist())])
        true, drawn = np.arange(size + 1)[:, None], np.arange(seen + 1)[None, :]
        possible = (drawn <= true) & (seen - drawn <= size - true)
        ways = _log_choose(logs, true, drawn) + _log_choose(logs, size - true, seen - drawn)
        all_ways = logs[size] - logs[seen] - logs[size - seen]
        return cls(size, seen, np.where(possible, np.exp(ways - all_ways), 0.0))


def _log_choose(
    logs: NDArray[np.float64], count: NDArray[np.integer], chosen: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return logarithms of binomial coefficients; impossible ones have any value."""
    left = np.maximum(count - chosen, 0)
    result: NDArray[np.float64] = logs[count] - logs[chosen] - logs[left]
    return result


def _both(draws: Sequence[_Draws]) -> tuple[_Draws, _Draws]:
    """Return two strata. Missing ones are empty."""
    first, second = [*draws, *[_Draws.of(0, 0)] * (MAX_STRATA - len(draws))]
    return first, second


def _limits(first: _Draws, second: _Draws, counted: Sequence[int]) -> list[int]:
    """Return up to which count in the second sample a sample is at most as large as the observed.

    Samples are ordered by the total that they suggest, in whole numbers.

    Returns:
        The largest count for each count in the first sample, or -1 if there is none.
    """
    weights = [first.size * max(second.seen, 1), second.size * max(first.seen, 1)]
    observed = sum(weight * count for weight, count in zip(weights, counted, strict=False))
    counts = range(second.seen + 1)
    return [
        max(
            (own for own in counts if weights[0] * count + weights[1] * own <= observed), default=-1
        )
        for count in range(first.seen + 1)
    ]


def _chance(first: _Draws, second: _Draws, limits: Sequence[int], total: int) -> float:
    """Return how likely a sample within the limits is, with the total spread in the worst way."""
    in_first = np.arange(max(0, total - second.size), min(first.size, total) + 1)
    chances = np.zeros(len(in_first))
    for count, limit in enumerate(limits):
        if limit >= 0:
            within = second.chances[:, : limit + 1].sum(axis=1)
            chances += first.chances[in_first, count] * within[total - in_first]
    return float(chances.max())
