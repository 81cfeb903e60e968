"""Fifty kills during an event of real photos change nothing of what anybody gets."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from browser.running_site import RunningSite
from soak.killing import EVENT, VICTIMS, Killer, ensure_nothing_is_stuck, galleries

pytestmark = [pytest.mark.soak, pytest.mark.worker, pytest.mark.engine]

KILLS, SEED = 50, 12
REPO = Path(__file__).parents[2]
# A photo that several kills happen to hit is no deadly photo here.
SETTINGS = {"worker_processes": "2", "max_crashes": "50"}


@pytest.fixture(scope="module")
def files() -> Path:
    folder = Path(os.environ.get("PICPROCURE_TEST_PHOTOS", REPO.parent / "shared/photos"))
    if not (folder / "event/people").is_dir():
        pytest.skip(f"no labeled photos in {folder}; PICPROCURE_TEST_PHOTOS may name their folder")
    return folder / "event"


def test_fifty_kills_change_no_gallery(files: Path, tmp_path: Path, record_property: Any) -> None:
    photos = sorted(map(str, (files / "photos").iterdir()))
    undisturbed = _undisturbed(files, tmp_path / "undisturbed", photos)
    assert sum(map(len, undisturbed.values())) > len(photos) / 2

    chance, folder = random.Random(SEED), tmp_path / "killed"
    folder.mkdir()
    begun = time.monotonic()
    with RunningSite(folder, **SETTINGS) as site:
        event_id = site.run(EVENT, "hold", str(files / "people"))
        killer = Killer(site, chance)
        waiting = list(photos)
        for number in range(KILLS):
            # Some come in between, so that there is work until the last kill.
            if number % 2 == 0 and waiting:
                site.run(EVENT, "add", event_id, waiting.pop())
            time.sleep(chance.uniform(0, 2))
            # Each kind comes, and then the order is chance's.
            killer.kill(VICTIMS[number] if number < len(VICTIMS) else chance.choice(VICTIMS))
        site.run(EVENT, "add", event_id, *waiting) if waiting else None
        ensure_nothing_is_stuck(site, photos=len(photos), seconds=600)
        assert galleries(site, event_id) == undisturbed
    record_property("table", _figures(killer, time.monotonic() - begun))


def _undisturbed(files: Path, folder: Path, photos: list[str]) -> dict[str, list[str]]:
    folder.mkdir()
    with RunningSite(folder, **SETTINGS) as site:
        event_id = site.run(EVENT, "hold", str(files / "people"))
        site.run(EVENT, "add", event_id, *photos)
        ensure_nothing_is_stuck(site, photos=len(photos), seconds=600)
        return galleries(site, event_id)


def _figures(killer: Killer, seconds: float) -> str:
    lines = [
        f"  {what:12} killed {len(times):2} times; another after"
        f" {sorted(times)[len(times) // 2]:4.1f} s (median), {max(times):4.1f} s at most"
        for what, times in killer.recovery.items()
    ]
    return "\n".join([f"{len(killer.killed)} kills within {seconds:.0f} s", *lines])
