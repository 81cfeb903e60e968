"""Processes that are there and do nothing: they are noticed, and work goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from browser.patience import wait_for
from browser.running_site import RunningSite
from soak.killing import ensure_nothing_is_stuck

pytestmark = [pytest.mark.soak, pytest.mark.worker]

HOST = Path(__file__).parents[1] / "pipeline/host.py"
NOTICED_SECONDS = 45  # a silence of thirty, and what a busy machine takes


@pytest.mark.parametrize("what", ["one worker", "both workers", "clock", "web server"])
def test_a_stopped_process_is_noticed_and_replaced(
    what: str, tmp_path: Path, record_property: Any, fakes_can_be_imported: None
) -> None:
    with RunningSite(tmp_path, worker_processes="2", face_engine="fakes.StripeEngine") as site:
        beats = "SELECT count(*) FROM pipeline_heartbeat WHERE name LIKE 'worker%'"
        wait_for(lambda: site.rows(beats) == [(2,)], "a heartbeat of each worker", seconds=60)
        stopped = {
            "one worker": site.workers()[:1],
            "both workers": site.workers(),
            "clock": site.clock(),
            "web server": site.web(),
        }[what]
        for process in stopped:
            os.kill(process.pid, signal.SIGSTOP)
        begun, pids = time.monotonic(), {process.pid for process in stopped}
        wait_for(
            lambda: not pids & {process.pid for process in site.processes()},
            "an end of what was stopped",
            seconds=NOTICED_SECONDS,
        )
        record_property("table", f"{what}: stopped, noticed after {time.monotonic() - begun:.0f} s")
        wait_for(site.answers, "an answer", seconds=60)
        wait_for(lambda: len(site.workers()) == 2 and site.clock(), "all processes", seconds=30)
        site.run(HOST, "upload", "a.png=BOB", "b.png=BOB")
        ensure_nothing_is_stuck(site, photos=2, seconds=30)
