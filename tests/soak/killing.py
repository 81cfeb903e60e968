"""Killing a running site's processes at random, with what must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from browser.patience import wait_for
from browser.processes import Process
from browser.running_site import RunningSite

EVENT = Path(__file__).with_name("event.py")

VICTIMS = ("idle worker", "busy worker", "clock", "web server", "supervisor")


def galleries(site: RunningSite, event_id: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(site.run(EVENT, "galleries", event_id))
    return found


def is_sorted(site: RunningSite, *, photos: int) -> bool:
    analyzed = "SELECT count(*) FROM photos_photo WHERE status = 'analyzed'"
    wanted = "SELECT count(*) FROM recognition_sorting WHERE requested > done"
    return site.rows(analyzed) == [(photos,)] and site.rows(wanted) == [(0,)]


@dataclass
class Killer:
    """Picks by a seed what dies next, and writes down how long its work stood still."""

    site: RunningSite
    chance: random.Random
    killed: list[str] = field(default_factory=list)
    recovery: dict[str, list[float]] = field(default_factory=dict)

    def kill(self, what: str) -> None:
        """SIGKILL; waits until something else is in its place."""
        begun = time.monotonic()
        if what == "supervisor":
            self.site.kill_supervisor()
            self.site.start_again()
        else:
            process = wait_for(lambda: self._victim(what), f"a {what}", seconds=180)
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # it has just left
            wait_for(lambda: self._is_replaced(what, process), f"another {what}", seconds=180)
        self.killed.append(what)
        self.recovery.setdefault(what, []).append(time.monotonic() - begun)

    def kill_any(self, among: Sequence[str] = VICTIMS) -> None:
        self.kill(self.chance.choice(among))

    def _victim(self, what: str) -> Process | None:
        if "worker" in what:
            workers = self.site.workers()
            fitting = [p for p in workers if p.state.startswith("R") == (what == "busy worker")]
            return self.chance.choice(fitting or workers) if workers else None
        processes = self.site.clock() if what == "clock" else self.site.web()
        return processes[0] if processes else None

    def _is_replaced(self, what: str, killed: Process) -> bool:
        others: dict[str, Callable[[], list[Process]]] = {
            "clock": self.site.clock,
            "web server": lambda: self.site.web()[:1],
        }
        now = others.get(what, self.site.workers)()
        whole = 2 if "worker" in what else 1
        return len(now) == whole and killed.pid not in {process.pid for process in now}


def _has_no_claim(site: RunningSite, table: str) -> bool:
    claimed = "SELECT count(*) FROM {} WHERE claim IS NOT NULL"
    return site.rows(claimed.format(table)) == [(0,)]


def ensure_nothing_is_stuck(site: RunningSite, *, photos: int, seconds: float) -> None:
    wait_for(lambda: is_sorted(site, photos=photos), "a sorted event", seconds=seconds)
    for table in ("photos_photo", "recognition_sorting"):
        wait_for(partial(_has_no_claim, site, table), "no claim")
    assert not list((site.data_dir / "queue/unreadable").iterdir())
