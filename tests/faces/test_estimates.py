"""The interval of an estimate is exact: it misses the truth in at most one of 20 samples."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from picprocure.faces.estimates import Stratum, estimate

EVENTS = 1_000


def test_interval_covers_the_truth_in_simulated_events() -> None:
    chosen = np.random.default_rng(17)
    covered = sum(_covers_once(chosen) for _ in range(EVENTS))
    assert covered >= 0.93 * EVENTS


def _covers_once(chosen: np.random.Generator) -> bool:
    """Draw an event with its errors and a sample, and return whether the interval has the truth."""
    sizes = chosen.integers(1, 250, size=2)
    rates = chosen.choice([0, 0.003, 0.02, 0.1, 0.4], size=2)
    wrong = chosen.binomial(sizes, rates)
    seen = np.minimum(sizes, chosen.integers(1, 15, size=2))
    found = chosen.hypergeometric(wrong, sizes - wrong, seen)
    unclear = chosen.binomial(1, 0.1, size=2)
    parts = []
    for size, drawn, count, can_not_tell in zip(sizes, seen, found, unclear, strict=True):
        hidden = int(can_not_tell and count > 0)  # the errors are what is hardest to tell
        parts.append(Stratum(int(size), int(drawn), int(count) - hidden, hidden))
    result = estimate(parts)
    return result.low <= int(wrong.sum()) <= result.high


@pytest.mark.parametrize(("sizes", "seen"), [((9, 6), (3, 4)), ((14, 3), (5, 1)), ((12,), (4,))])
def test_interval_covers_every_truth_with_its_confidence(
    sizes: tuple[int, ...], seen: tuple[int, ...]
) -> None:
    found = {
        counts: estimate([Stratum(*one) for one in zip(sizes, seen, counts, strict=True)])
        for counts in product(*(range(count + 1) for count in seen))
    }
    for wrong in product(*(range(size + 1) for size in sizes)):
        missed = sum(
            _chance(sizes, seen, wrong, counts)
            for counts, result in found.items()
            if not result.low <= sum(wrong) <= result.high
        )
        assert missed <= 0.05 + 1e-9, wrong


def _chance(
    sizes: tuple[int, ...], seen: tuple[int, ...], wrong: tuple[int, ...], counts: tuple[int, ...]
) -> float:
    chance = 1.0
    for size, drawn, bad, count in zip(sizes, seen, wrong, counts, strict=True):
        chance *= comb(bad, count) * comb(size - bad, drawn - count) / comb(size, drawn)
    return chance


def test_upper_end_without_an_error_is_the_largest_total_that_is_not_too_unlikely() -> None:
    result = estimate([Stratum(size=300, seen=20, wrong=0)])
    chances = [comb(300 - wrong, 20) / comb(300, 20) for wrong in (result.high, result.high + 1)]
    assert chances[0] > 0.025 >= chances[1]
    assert (result.likely, result.low) == (0, 0)


def test_thirty_pairs_can_not_show_one_wrong_photo_in_300() -> None:
    result = estimate([Stratum(size=300, seen=30, wrong=0)])
    assert result.high > 300 / 30


def test_everything_was_seen() -> None:
    result = estimate([Stratum(7, 7, 2), Stratum(3, 3, 0)])
    assert (result.low, result.likely, result.high) == (2, 2, 2)


def test_nothing_to_see() -> None:
    result = estimate([Stratum(0, 0, 0), Stratum(0, 0, 0)])
    assert (result.size, result.low, result.likely, result.high) == (0, 0, 0, 0)


def test_unclear_ones_widen_the_interval_and_are_left_out_of_the_likely_number() -> None:
    clear = estimate([Stratum(200, 10, 1)])
    unclear = estimate([Stratum(200, 10, 1, unclear=4)])
    assert unclear.high > clear.high
    assert unclear.low <= clear.low
    assert unclear.likely == round(200 / 6)


def test_only_unclear_ones_suggest_no_number() -> None:
    result = estimate([Stratum(200, 10, 0, unclear=10)])
    assert (result.low, result.likely, result.high) == (0, None, 200)


def test_stratum_of_which_nothing_is_clear_is_taken_to_be_like_the_others() -> None:
    result = estimate([Stratum(90, 9, 1), Stratum(90, 3, 0, unclear=3)])
    assert result.likely == 20


def test_large_event_takes_no_time_and_stays_exact() -> None:
    result = estimate([Stratum(45_000, 15, 0), Stratum(15_000, 5, 1)])
    assert result.likely == 3_000
    assert 1 <= result.low < 3_000 < result.high < 60_000


@pytest.mark.parametrize("counts", [(10, 0, 0, 0), (10, 11, 0, 0), (10, 3, 2, 2), (10, 3, -1, 0)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        Stratum(*counts)


def test_more_than_two_strata_are_refused() -> None:
    with pytest.raises(ValueError, match="3 strata"):
        estimate([Stratum(10, 2, 0)] * 3)
