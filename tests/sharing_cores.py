"""How tests share the cores of the machine when `--numprocesses` says that there are several.

Each process takes file after file. Those that take long begin first, so that no process waits for
another at the end.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest
from django.db import connection
from xdist.scheduler import LoadFileScheduling

from picprocure.system.cores import usable_cores

OPT_IN = ("soak", "screenshots")  # markers whose tests run only if `-m` names them
SLOW = {"browser", "engine", "worker", "postgres", "stores", "slow", *OPT_IN}
LONGEST_FIRST = (  # those that wait and those that compute by turns
    "tests/browser/test_phone.py",
    "tests/pipeline/test_worker_killed.py",
    "tests/browser/test_journey.py",
    "tests/cli/test_sort.py",
    "tests/browser/test_camera.py",
    "tests/browser/test_people.py",
    "tests/web/test_routes.py",
    "tests/faces/test_delivery.py",
    "tests/browser/test_upload.py",
    "tests/faces/test_engine.py",
    "tests/cli/test_site.py",
    "tests/cli/test_sort_decisions.py",
    "tests/config/test_settings.py",
    "tests/web/events/test_walls_with_real_faces.py",
    "tests/recognition/test_anchors.py",
    "tests/browser/test_code_page.py",
    "tests/web/enrollment/test_real_faces.py",
    "tests/web/serving/test_slow_clients.py",
    "tests/faces/embedding/test_embedder.py",
    "tests/web/events/test_large_event.py",
    "tests/web/events/test_side_doors.py",
    "tests/folders/analysis/test_worker_pool.py",
    "tests/faces/test_memory.py",
    "tests/faces/detectors/test_networks.py",
    "tests/storage/test_published.py",
    "tests/faces/enrollment/test_liveness.py",
    "tests/benchmarks/test_borrowed_faces.py",
    "tests/web/accounts/test_limits.py",
    "tests/faces/test_sorting.py",
    "tests/web/accounts/test_counting_at_once.py",
    "tests/web/test_hostile_pictures.py",
    "tests/imaging/test_hostile_images.py",
    "tests/imaging/test_same_answer.py",
    "tests/imaging/test_sandbox.py",
    "tests/faces/clustering/test_cluster_at_scale.py",
    "tests/web/events/test_hostile_files.py",
    "tests/pipeline/test_broker.py",
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one process for each core, and two more for `-n auto`.

    Tests of browsers and workers wait half of their time. On two cores, three processes left 18 %
    of the cores' time unused, and four left 9 %. Five are no faster.
    """
    return usable_cores() + (2 if config.option.numprocesses == "auto" else 0)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return LoadFileScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without collecting garbage, and never look at them again for garbage.

    They live until the end, and there are a million objects of them and their modules.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests, and mark those as light that no other marker calls slow.

    Light tests are quick if their file is none of the longest.
    Tests with a marker of `OPT_IN` are left out unless `-m` names it, and tests of PostgreSQL where
    the database is another.
    """
    for item in items:
        if SLOW.isdisjoint(mark.name for mark in item.iter_markers()):
            item.add_marker("light")
            if file_of(item) not in LONGEST_FIRST:
                item.add_marker("quick")
    left_out = {marker for marker in OPT_IN if marker not in config.option.markexpr}
    if connection.vendor != "postgresql":
        left_out.add("postgres")
    leave_out(config, items, left_out)
    places = {file: place for place, file in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(file_of(item), len(places)))


def file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def leave_out(config: pytest.Config, items: list[pytest.Item], markers: set[str]) -> None:
    """Deselect the tests that have one of these markers."""
    out = [item for item in items if any(mark.name in markers for mark in item.iter_markers())]
    config.hook.pytest_deselected(items=out)
    left_out = set(out)
    items[:] = [item for item in items if item not in left_out]
