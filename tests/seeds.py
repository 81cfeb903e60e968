"""Random cases: a few in each run of the tests, all of them in `make soak`."""

from __future__ import annotations

import pytest


def seeds(count: int, *, few: int = 10) -> list[object]:
    """Return the parameters of a test with ``count`` seeds, all but a few with the marker soak."""
    more = (pytest.param(seed, marks=pytest.mark.soak) for seed in range(few, count))
    return [*range(few), *more]
