"""Redis is killed while workers have jobs: the same workers continue, and no job stays behind."""

from __future__ import annotations

import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from browser.patience import wait_for
from browser.running_site import RunningSite
from soak.servers import Broker, Redis, running_broker

pytestmark = [pytest.mark.soak, pytest.mark.worker]

HOST = Path(__file__).parents[1] / "pipeline/host.py"
RESTARTS, PHOTOS = 12, 8
AWAY_SECONDS = (0, 1, 3)


def test_workers_continue_after_each_restart(
    tmp_path: Path, record_property: Any, fakes_can_be_imported: None
) -> None:
    with running_broker(Redis, tmp_path / "broker") as redis:
        settings = {"broker_url": redis.url, "face_engine": "fakes.UnhurriedEngine"}
        with RunningSite(tmp_path, worker_processes="2", **settings) as site:
            wait_for(lambda: len(site.workers()) == 2, "two workers")
            workers = {worker.pid for worker in site.workers()}
            taken: list[float] = []
            for seconds in islice(cycle(AWAY_SECONDS), RESTARTS):
                taken.append(_seconds_after_restart(site, redis, away=seconds))
                assert {worker.pid for worker in site.workers()} == workers
    most, median = max(taken), sorted(taken)[RESTARTS // 2]
    record_property("table", f"{RESTARTS} restarts of Redis: {median:.0f} s, at most {most:.0f} s")


def _seconds_after_restart(site: RunningSite, redis: Broker, *, away: float) -> float:
    """Kill Redis while both workers have a job, and return how long all photos take then."""
    site.run(HOST, "upload", *(f"{number}.png=BOB" for number in range(PHOTOS)))
    wait_for(lambda: _count(site, "claim IS NOT NULL") == 2, "two workers at work")
    redis.stop()
    time.sleep(away)
    redis.start()
    begun = time.monotonic()
    wait_for(lambda: _count(site, "status <> 'analyzed'") == 0, "all photos", seconds=120)
    return time.monotonic() - begun


def _count(site: RunningSite, condition: str) -> int:
    [(count,)] = site.rows(f"SELECT count(*) FROM photos_photo WHERE {condition}")  # noqa: S608
    return int(count)
