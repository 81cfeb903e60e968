"""How tests share the cores of the machine when `--numprocesses` says that there are several.

File by file, except those that start whole processes with deadlines of their own: they come last,
one after the other, when the cores are free.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from xdist.scheduler import LoadFileScheduling

WITH_THE_CORES_FREE = (
    "tests/browser/",
    "tests/cli/test_site.py",
    "tests/pipeline/test_worker_killed.py",
    "tests/soak/",
)
OPT_IN = ("soak", "screenshots")  # markers whose tests run only if `-m` names them
LONG_AS_A_WHOLE = "tests/web/test_routes.py"


class FileByFile(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """What needs the cores for itself is one piece of work, which one process does."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(WITH_THE_CORES_FREE):
            return "with the cores free"
        scope: str = super()._split_scope(nodeid)
        return scope


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile:
    return FileByFile(config, log)


def leave_out(config: pytest.Config, items: list[pytest.Item], markers: set[str]) -> None:
    """Deselect the tests that have one of these markers."""
    out = [item for item in items if any(mark.name in markers for mark in item.iter_markers())]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long in one file begins first, so that no process waits for it at the end.

    Tests with a marker of `OPT_IN` are left out unless `-m` names it, and tests of PostgreSQL where
    the database is another.
    """
    left_out = {marker for marker in OPT_IN if marker not in config.option.markexpr}
    if connection.vendor != "postgresql":
        left_out.add("postgres")
    leave_out(config, items, left_out)

    def place(item: pytest.Item) -> tuple[bool, bool]:
        is_last = item.nodeid.startswith(WITH_THE_CORES_FREE)
        return is_last, not item.nodeid.startswith(LONG_AS_A_WHOLE)

    items.sort(key=place)
