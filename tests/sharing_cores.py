"""How tests share the cores of the machine when `--numprocesses` says that there are several.

Each process takes file after file. Those that take long begin first, so that no process waits for
another at the end.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from xdist.scheduler import LoadFileScheduling

OPT_IN = ("soak", "screenshots")  # markers whose tests run only if `-m` names them
SLOW = {"browser", "engine", "worker", "postgres", "stores", "slow", *OPT_IN}
LONGEST_FIRST: tuple[str, ...] = ()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return LoadFileScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests, and mark those as quick that no other marker calls slow.

    Tests with a marker of `OPT_IN` are left out unless `-m` names it, and tests of PostgreSQL where
    the database is another.
    """
    for item in items:
        if SLOW.isdisjoint(mark.name for mark in item.iter_markers()):
            item.add_marker("quick")
    left_out = {marker for marker in OPT_IN if marker not in config.option.markexpr}
    if connection.vendor != "postgresql":
        left_out.add("postgres")
    leave_out(config, items, left_out)
    places = {file: place for place, file in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def leave_out(config: pytest.Config, items: list[pytest.Item], markers: set[str]) -> None:
    """Deselect the tests that have one of these markers."""
    out = [item for item in items if any(mark.name in markers for mark in item.iter_markers())]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]
