"""Real worker processes that are killed: their jobs are neither lost nor block others."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fakes
from browser.patience import wait_for
from browser.processes import kill
from browser.running_site import RunningSite
from soak.killing import VICTIMS, Killer, ensure_nothing_is_stuck, galleries, told

pytestmark = pytest.mark.worker

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def with_fakes(fakes_can_be_imported: None) -> None:
    """Use the fakes in all processes of the site."""


def site_in(folder: Path, **settings: str) -> RunningSite:
    engine = {"face_engine": "fakes.TroublesomeEngine"}
    return RunningSite(folder, worker_processes="2", **engine, **settings)


def host(site: RunningSite, *arguments: str) -> str:
    script = [sys.executable, str(TESTS / "pipeline/host.py"), *arguments]
    done = subprocess.run(
        script, env=site.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kills_of_any_kind_change_no_gallery(tmp_path: Path) -> None:
    people = tmp_path / "people"
    people.mkdir()
    for name in ("Alice", "Bob", "Charlie"):
        (people / f"{name}.png").write_bytes(fakes.portrait(getattr(fakes, name.upper())))
    photos = {
        "slow-1.png": (fakes.SLOW,),
        "slow-2.png": (fakes.SLOW, fakes.BOB),
        **{f"bob-{number}.png": (fakes.BOB,) for number in range(6)},
        **{f"both-{number}.png": (fakes.BOB, fakes.CHARLIE) for number in range(6)},
    }
    for serial, (name, colors) in enumerate(photos.items()):
        (tmp_path / name).write_bytes(fakes.stripes(*colors, serial=serial))

    # After a kill of the supervisor, a claimed photo waits until its lease runs out.
    with site_in(tmp_path, max_crashes="9", lease_seconds="5", sweep_seconds="2") as site:
        event_id = told(site, "hold", str(people))
        told(site, "add", event_id, *(str(tmp_path / name) for name in photos))
        killer = Killer(site, random.Random(16))
        other_victims = [victim for victim in VICTIMS if victim != "busy worker"]
        for victim in ("busy worker", *killer.chance.sample(other_victims, len(other_victims))):
            killer.kill(victim)
        ensure_nothing_is_stuck(site, photos=len(photos), seconds=180)
        assert galleries(site, event_id) == {
            "alice": [],
            "bob": sorted(name for name, colors in photos.items() if fakes.BOB in colors),
            "charlie": sorted(name for name, colors in photos.items() if fakes.CHARLIE in colors),
        }


def test_no_file_in_the_queue_stops_the_worker(tmp_path: Path) -> None:
    with site_in(tmp_path, sweep_seconds="1") as site:
        workers, queue = {process.pid for process in site.workers()}, site.data_dir / "queue"
        for number in range(12):
            (queue / f"{number}_empty.celery.msg").touch()
        (queue / "13_cut.maintenance.msg").write_text('{"body": "W10=", "content-')
        wait_for(lambda: len(list((queue / "unreadable").iterdir())) == 13, "no unreadable files")
        shutil.rmtree(queue)
        host(site, "upload", "fine.png=BOB")
        wait_until_sorted(site, photos=1)
        assert {process.pid for process in site.workers()} == workers
        assert "Traceback" not in site.log


def wait_until_sorted(site: RunningSite, *, photos: int) -> None:
    def is_sorted() -> bool:
        rows = site.rows("SELECT requested, done FROM recognition_sorting")
        return bool(rows) and all(requested == done >= photos for requested, done in rows)

    wait_for(is_sorted, "a sorted event", seconds=120)


def test_photo_that_kills_its_process_twice_fails_and_the_others_are_analyzed(
    tmp_path: Path,
) -> None:
    fine = [f"fine-{number}.png=BOB" for number in range(12)]
    with site_in(tmp_path) as site:  # with the default lease and sweep
        assert "Face detector: hog, set by PICPROCURE_FACE_DETECTOR." in site.log
        assert site.rows("SELECT version FROM recognition_engineinuse") == [("stripes-1",)]
        started_at = time.monotonic()
        event_id = host(site, "upload", *fine[:6], "deadly.png=POISON", *fine[6:])
        wait_until_sorted(site, photos=13)
        assert time.monotonic() - started_at < 45  # less than one lease

        failed = "SELECT name, failure, attempts FROM photos_photo WHERE status = 'failed'"
        [(name, failure, attempts)] = site.rows(failed)
        assert name == "deadly.png"
        assert failure.startswith(
            "deadly.png ended the process that looked for faces in it, 2 times."
        )
        assert attempts == 3  # the third one only marks it as failed
        analyzed = "SELECT count(*), max(attempts) FROM photos_photo WHERE status = 'analyzed'"
        assert site.rows(analyzed) == [(12, 1)]
        page = host(site, "print_page", event_id)
        assert failure in page
        assert "Try 1 failed again" in page
        wait_for(lambda: len(site.workers()) == 2, "two workers again")


def test_job_received_by_a_killed_worker_is_done_by_the_next(tmp_path: Path) -> None:
    with site_in(tmp_path) as site:
        host(site, "upload", "fine.png=BOB")
        wait_until_sorted(site, photos=1)
        killed = site.workers()
        # As after receiving the job: no claim, no file on the queue.
        site.change(
            "UPDATE photos_photo SET status = 'waiting', claim = NULL, claimed_until = NULL,"
            " queued_at = strftime('%Y-%m-%d %H:%M:%S', 'now')"
        )
        kill(killed)
        wait_until_sorted(site, photos=2)
        assert site.rows("SELECT status FROM photos_photo") == [("analyzed",)]


def test_job_that_takes_longer_than_its_lease_is_done_once(tmp_path: Path) -> None:
    with site_in(tmp_path, lease_seconds="2", sweep_seconds="1") as site:
        host(site, "upload", "slow.png=SLOW")
        wait_until_sorted(site, photos=1)
        assert site.rows("SELECT status, attempts FROM photos_photo") == [("analyzed", 1)]


def test_job_of_killed_workers_is_done_after_its_lease(tmp_path: Path) -> None:
    with site_in(tmp_path, lease_seconds="2", sweep_seconds="1") as site:
        host(site, "upload", "slow.png=SLOW")
        claimed = "SELECT count(*) FROM photos_photo WHERE claim IS NOT NULL"
        wait_for(lambda: site.rows(claimed) == [(1,)], "a photo in work")
        kill(site.workers())
        wait_until_sorted(site, photos=1)
        assert site.rows("SELECT status, attempts FROM photos_photo") == [("analyzed", 2)]
