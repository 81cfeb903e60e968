"""Clocks as processes: one works, and another takes over. Tests of running sites have workers."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from browser.patience import wait_for
from picprocure.pipeline import supervisor_pipe
from picprocure.pipeline.models import ClockTurn

pytestmark = pytest.mark.worker

CLOCK = """
from datetime import timedelta
import django
django.setup()
from celery.signals import before_task_publish
from picprocure.pipeline import clock, full_disk, process
from picprocure.pipeline.app import app
clock.LEASE, app.conf.beat_max_loop_interval = timedelta(seconds=3), 0.3
assert any(receive() is full_disk.make_room for _, receive in before_task_publish.receivers)
process.main("clock")
"""


class RealClock:
    """A clock whose messages to its supervisor are read here."""

    def __init__(self, environment: dict[str, str]) -> None:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._read_end, self._messages = read_end, b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLOCK],
            env={**environment, supervisor_pipe.DESCRIPTOR: str(write_end)},
            pass_fds=[write_end],
        )
        os.close(write_end)

    def has_ticked(self, times: int) -> bool:
        assert self.process.poll() is None
        with contextlib.suppress(BlockingIOError):
            self._messages += os.read(self._read_end, 65536)
        return self._messages.count(supervisor_pipe.BEAT.encode()) >= times

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._read_end)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of clocks that queue nothing twice within an hour."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PICPROCURE_")}
    return {
        **own,
        "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        "PICPROCURE_DATA_DIR": str(tmp_path),
        "PICPROCURE_SWEEP_SECONDS": "3600",
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], RealClock]]:
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(ClockTurn)
    with closing(sqlite3.connect(tmp_path / "picprocure.sqlite3")) as database:
        database.executescript("\n".join(editor.collected_sql))
    started: list[RealClock] = []

    def start_clock() -> RealClock:
        started.append(RealClock(environment))
        return started[-1]

    yield start_clock
    for clock in started:
        clock.close()


def sweeps(folder: Path) -> int:
    return sum(b'"picprocure.sweep"' in path.read_bytes() for path in folder.glob("queue/*.msg"))


@pytest.mark.slow(reason="it waits for the end of a lease")
@pytest.mark.django_db(transaction=True)  # SQLite makes no schema inside of a transaction
def test_clock_takes_over_from_a_killed_one_and_no_job_is_doubled(
    start: Callable[[], RealClock], tmp_path: Path
) -> None:
    first = start()
    wait_for(lambda: first.has_ticked(1) and sweeps(tmp_path) == 1, "a first job")
    second = start()
    wait_for(lambda: second.has_ticked(3), "a second clock")
    wait_for(lambda: first.has_ticked(12), "a renewed lease")
    assert sweeps(tmp_path) == 1

    first.process.kill()
    wait_for(lambda: second.has_ticked(4) and sweeps(tmp_path) == 2, "a job of the second clock")
    second.process.terminate()
    assert second.process.wait(timeout=60) == 0
    with closing(sqlite3.connect(tmp_path / "picprocure.sqlite3")) as database:
        assert database.execute("SELECT claim FROM pipeline_clockturn").fetchall() == [(None,)]
