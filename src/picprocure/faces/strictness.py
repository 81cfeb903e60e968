"""How strictly an event is matched: a few steps around what is usual on the site."""

from __future__ import annotations

from typing import Final

from picprocure.faces.thresholds import MOST_GENEROUS_ONE_WRONG_IN, STRICTNESS_FACTORS

USUAL: Final = 0
"""The step of the site's own setting."""


def one_wrong_in(strictness: int, *, usual: int) -> float:
    """Return in how many photos one may be wrong.

    Args:
        strictness: A step. Unknown ones count as the usual one.
        usual: What is usual on the site. No step is more generous than
            `MOST_GENEROUS_ONE_WRONG_IN`, unless the site is.
    """
    wanted = usual * STRICTNESS_FACTORS.get(strictness, 1.0)
    return max(wanted, min(usual, MOST_GENEROUS_ONE_WRONG_IN))


def strictness_steps(*, usual: int) -> list[int]:
    """Return the steps that differ, the strictest first."""
    steps = sorted(STRICTNESS_FACTORS, key=lambda step: (abs(step), step))
    different = {one_wrong_in(step, usual=usual): step for step in reversed(steps)}
    return sorted(different.values(), reverse=True)
