"""Real processes that are killed: their jobs are neither lost nor block others."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from browser.patience import wait_for
from browser.processes import kill
from browser.running_site import RunningSite
from soak.cluster import Cluster
from soak.disturbances import (
    CLOCK,
    WEB,
    WORKER,
    Event,
    expected_galleries,
    make_people,
    make_photos,
)

pytestmark = pytest.mark.worker

TESTS = Path(__file__).parents[1]
HOST = TESTS / "pipeline/host.py"


@pytest.fixture(autouse=True, scope="module")
def with_fakes() -> Iterator[None]:
    """Use the fakes in all processes of the sites."""
    path = [str(TESTS), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
        yield


@pytest.fixture(scope="module")
def site(with_fakes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Run a site whose leases last longer than the tests: nothing here waits for the end of one."""
    with site_in(tmp_path_factory.mktemp("site"), lease_seconds="3600") as running:
        yield running


@pytest.fixture(scope="module")
def impatient_site(
    with_fakes: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSite]:
    """Run a site whose leases are shorter than the analysis of a slow photo."""
    folder = tmp_path_factory.mktemp("impatient")
    with site_in(folder, lease_seconds="3", sweep_seconds="1", max_crashes="9") as running:
        yield running


def site_in(folder: Path, **settings: str) -> RunningSite:
    engine = {"face_engine": "fakes.TroublesomeEngine"}
    return RunningSite(folder, web_processes="1", worker_processes="2", **engine, **settings)


@pytest.mark.slow(reason="it kills a process of each kind and waits for the next each time")
def test_kills_of_any_kind_change_no_gallery(with_fakes: None, tmp_path: Path) -> None:
    """The short form of `soak/test_disturbed_cluster.py`."""
    settings = {
        "face_engine": "fakes.UnhurriedEngine",
        "web_processes": "2",
        "lease_seconds": "5",
        "sweep_seconds": "1",
        "max_crashes": "9",
    }
    photos = make_photos(tmp_path / "photos", 30)
    with Cluster(tmp_path, settings, webs=1, workers=1) as cluster:
        event = Event(cluster, make_people(tmp_path / "people"), photos)
        event.disturb("clock", lambda: cluster.kill_process("clock", CLOCK), photos=5)
        event.disturb(
            "idle worker",
            lambda: cluster.kill_process("host1", WORKER),
            photos=5,
            while_busy=False,
        )
        event.disturb("busy worker", lambda: cluster.kill_process("host1", WORKER), photos=5)
        event.disturb("web process", lambda: cluster.kill_process("web1", WEB), photos=5)
        event.disturb("host of workers", cluster.machines["host2"].kill, photos=10)
        event.ensure_nothing_is_stuck()
        assert cluster.galleries(event.event_id) == expected_galleries(photos)


def test_no_file_in_the_queue_stops_the_worker(impatient_site: RunningSite) -> None:
    site = impatient_site
    logged_before = len(site.log)
    workers, queue = {process.pid for process in site.workers()}, site.data_dir / "queue"
    for number in range(12):
        (queue / f"{number}_empty.celery.msg").touch()
    (queue / "13_cut.maintenance.msg").write_text('{"body": "W10=", "content-')
    wait_for(lambda: len(list((queue / "unreadable").iterdir())) == 13, "no unreadable files")
    # At once. Workers that write to it may leave a file.
    shutil.rmtree(queue.rename(queue.with_name("deleted-queue")), ignore_errors=True)
    event_id = site.run(HOST, "upload", "fine.png=BOB")
    wait_until_sorted(site, event_id, photos=1)
    assert {process.pid for process in site.workers()} == workers
    assert "Traceback" not in site.log[logged_before:]


def wait_until_sorted(site: RunningSite, event_id: str, *, photos: int) -> None:
    query = "SELECT requested, done FROM recognition_sorting WHERE event_id = ?"

    def is_sorted() -> bool:
        rows = site.rows(query, UUID(event_id).hex)
        return bool(rows) and all(requested == done >= photos for requested, done in rows)

    wait_for(is_sorted, "a sorted event", seconds=240)


def photos_of(site: RunningSite, event_id: str, columns: str) -> list[tuple[Any, ...]]:
    query = f"SELECT {columns} FROM photos_photo WHERE event_id = ? ORDER BY name"  # noqa: S608
    return site.rows(query, UUID(event_id).hex)


def test_photo_that_kills_its_process_twice_fails_and_the_others_are_analyzed(
    site: RunningSite,
) -> None:
    fine = [f"fine-{number}.png=BOB" for number in range(12)]
    assert "Face detector: " in site.log
    assert site.rows("SELECT version FROM recognition_engineinuse") == [("stripes-1",)]
    event_id = site.run(HOST, "upload", *fine[:6], "deadly.png=POISON", *fine[6:])
    wait_until_sorted(site, event_id, photos=13)

    photos = photos_of(site, event_id, "name, status, attempts, failure")
    assert {photo[1:3] for photo in photos[1:]} == {("analyzed", 1)}
    name, status, attempts, failure = photos[0]
    assert (name, status) == ("deadly.png", "failed")
    assert failure.startswith("deadly.png stopped the face analysis 2 times.")
    assert attempts == 3  # the third one only marks it as failed
    page = site.run(HOST, "print_page", event_id)
    assert failure in page
    assert "Retry 1 failed" in page
    wait_for(lambda: len(site.workers()) == 2, "two workers again")


def test_job_received_by_a_killed_worker_is_done_by_the_next(site: RunningSite) -> None:
    event_id = site.run(HOST, "upload", "fine.png=BOB")
    wait_until_sorted(site, event_id, photos=1)
    killed = site.workers()
    # As after receiving the job: no claim, no file on the queue.
    site.change(
        "UPDATE photos_photo SET status = 'waiting', claim = NULL, claimed_until = NULL,"
        " queued_at = strftime('%Y-%m-%d %H:%M:%S', 'now') WHERE event_id = ?",
        UUID(event_id).hex,
    )
    kill(killed)
    wait_until_sorted(site, event_id, photos=2)
    assert photos_of(site, event_id, "status") == [("analyzed",)]


def test_job_that_takes_longer_than_its_lease_is_done_once(impatient_site: RunningSite) -> None:
    event_id = impatient_site.run(HOST, "upload", "slow.png=SLOW")
    wait_until_sorted(impatient_site, event_id, photos=1)
    assert photos_of(impatient_site, event_id, "status, attempts") == [("analyzed", 1)]


def test_worker_that_is_told_to_end_finishes_its_job(impatient_site: RunningSite) -> None:
    site, logged_before = impatient_site, len(impatient_site.log)
    event_id = site.run(HOST, "upload", "slow-1.png=SLOW", "slow-2.png=SLOW")
    in_work = [(1,), (1,)]
    wait_for(lambda: photos_of(site, event_id, "claim IS NOT NULL") == in_work, "two busy workers")
    told = site.workers()[0]
    os.kill(told.pid, signal.SIGTERM)
    wait_until_sorted(site, event_id, photos=2)
    assert photos_of(site, event_id, "status, attempts") == [("analyzed", 1), ("analyzed", 1)]
    wait_for(lambda: "ended with status 0" in site.log[logged_before:], "an end of the worker")
    assert "could not be finished" not in site.log[logged_before:]
    assert told.pid not in {worker.pid for worker in site.workers()}
