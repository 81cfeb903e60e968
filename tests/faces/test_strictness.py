"""The steps of strictness around what is usual on a site."""

from __future__ import annotations

import pytest

from picprocure.faces.strictness import one_wrong_in, strictness_steps
from picprocure.faces.thresholds import MOST_GENEROUS_ONE_WRONG_IN, ONE_WRONG_IN


def test_steps_are_around_what_is_usual() -> None:
    steps = strictness_steps(usual=ONE_WRONG_IN)
    assert steps == [3, 2, 1, 0, -1, -2, -3]
    shares = [round(one_wrong_in(step, usual=ONE_WRONG_IN)) for step in steps]
    assert shares == [2400, 1200, 600, 300, 200, 150, 100]


@pytest.mark.parametrize("usual", [2, 30, 100, 101, 130, 170, 300, 10_000])
def test_no_step_is_more_generous_than_is_safe_or_than_the_site(usual: int) -> None:
    steps = strictness_steps(usual=usual)
    shares = [one_wrong_in(step, usual=usual) for step in steps]
    assert min(shares) >= min(usual, MOST_GENEROUS_ONE_WRONG_IN)
    assert shares == sorted(set(shares), reverse=True)
    assert 0 in steps
    assert one_wrong_in(0, usual=usual) == usual


def test_unknown_step_is_the_usual_one() -> None:
    assert one_wrong_in(99, usual=300) == 300
