"""Real processes, and what becomes of photos when they are killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

import fakes
from picprocure.faces.engine import FaceEngine
from picprocure.folders.analysis.types import Analysis, Job, Kind
from picprocure.folders.analysis.worker_pool import Workers
from picprocure.folders.errors import AnalysisStopped

GOOD = [(fakes.BOB,), (fakes.BOB, fakes.CHARLIE), (fakes.STRANGER,), ()]


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    folder = tmp_path / "seen"
    folder.mkdir()
    return folder


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    def make(name: str, *people: tuple[int, int, int]) -> Job:
        content = fakes.stripes(*people, serial=sum(name.encode()))
        path = tmp_path / f"{name}.png"
        path.write_bytes(content)
        return Job(Kind.PHOTO, path.name, path, sha256(content).hexdigest())

    return make


def analyzed(
    make_engine: Callable[[], FaceEngine], jobs: list[Job], count: int = 2
) -> dict[str, Analysis]:
    with Workers(make_engine, count) as workers:
        found = {job.name: analysis for job, analysis in workers.run(jobs)}
        processes = [worker.process for worker in workers._workers]
    assert not any(process.is_alive() for process in processes)
    return found


def test_every_photo_is_looked_at_by_as_many_processes_as_are_wanted(
    seen: Path, job: Callable[..., Job]
) -> None:
    jobs = [job(f"{n}{m}", *people) for n in range(5) for m, people in enumerate(GOOD)]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs, count=2)
    assert {name: len(one.faces) for name, one in found.items()} == {
        one.name: len(GOOD[int(one.name[1])]) for one in jobs
    }
    processes = {path.name.split("-")[-1] for path in seen.iterdir()}
    assert len(processes) <= 2
    assert str(os.getpid()) not in processes


def test_a_photo_that_kills_its_process_once_is_tried_again_alone(
    seen: Path, job: Callable[..., Job]
) -> None:
    jobs = [job("deadly once", fakes.DEADLY_ONCE), *(job(str(n), fakes.BOB) for n in range(6))]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs)
    assert {one.error for one in found.values()} == {None}
    assert list(found)[-1] == "deadly once.png"
    assert len(found) == 7


def test_a_photo_that_kills_its_process_twice_is_set_aside_and_the_rest_goes_on(
    seen: Path, job: Callable[..., Job]
) -> None:
    deadly = [job("deadly", fakes.DEADLY), job("also deadly", fakes.DEADLY)]
    jobs = [deadly[0], *(job(str(n), fakes.BOB) for n in range(6)), deadly[1]]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs)
    failed = {name: one.error for name, one in found.items() if one.error}
    assert failed.keys() == {"deadly.png", "also deadly.png"}
    assert "deadly.png stopped the analysis twice" in str(failed["deadly.png"])
    assert len(found) == 8
    assert len(list(seen.iterdir())) == 6 + 2 * 2


def test_processes_killed_from_outside_lose_nothing(seen: Path, job: Callable[..., Job]) -> None:
    jobs = [job(str(n), fakes.BOB) for n in range(8)]
    found = {}
    with Workers(partial(fakes.DeadlyEngine, seen), 2) as workers:
        for one, analysis in workers.run(jobs):
            found[one.name] = analysis
            if len(found) in {2, 5}:
                for worker in workers._workers:
                    if worker.process.pid is not None:
                        os.kill(worker.process.pid, signal.SIGKILL)
    assert {name: one.error for name, one in found.items()} == {one.name: None for one in jobs}


def test_an_engine_that_cannot_work_ends_the_run_with_its_reason(job: Callable[..., Job]) -> None:
    with pytest.raises(AnalysisStopped, match=r"The model is broken\."):
        analyzed(fakes.BrokenEngine, [job("1", fakes.BOB)])


def test_processes_that_never_begin_end_the_run(job: Callable[..., Job]) -> None:
    with pytest.raises(AnalysisStopped, match="stop as soon as they start"):
        analyzed(fakes.StillbornEngine, [job("1", fakes.BOB)])


def test_a_bug_that_one_photo_meets_is_that_photos_error(job: Callable[..., Job]) -> None:
    found = analyzed(fakes.ConfusedEngine, [job("1", fakes.BOB)])
    assert found["1.png"].error == ("1.png can't be analyzed: ZeroDivisionError: division by zero")


def test_what_is_wrong_with_a_photo_is_said(tmp_path: Path, job: Callable[..., Job]) -> None:
    broken, gone, changed = job("broken"), job("gone"), job("changed")
    broken.path.write_bytes(b"\x89PNG\r\n\x1a\n")
    broken = Job(Kind.PHOTO, broken.name, broken.path, sha256(b"\x89PNG\r\n\x1a\n").hexdigest())
    gone.path.unlink()
    changed.path.write_bytes(fakes.stripes(fakes.CHARLIE))
    found = analyzed(fakes.StripeEngine, [broken, gone, changed], count=1)
    assert "broken.png can't be opened" in str(found["broken.png"].error)
    assert found["gone.png"].error == "gone.png can't be read: No such file or directory."
    assert "was changed while it was being sorted" in str(found["changed.png"].error)


def test_no_process_is_started_for_nothing() -> None:
    with Workers(fakes.StillbornEngine, 2) as workers:
        assert list(workers.run([])) == []
        assert workers._workers == []


def test_leaving_in_the_middle_ends_all_processes_at_once(
    seen: Path, job: Callable[..., Job]
) -> None:
    def endless() -> Iterator[Job]:
        while True:
            yield one

    one = job("1", fakes.BOB)
    with Workers(partial(fakes.DeadlyEngine, seen), 2) as workers:
        next(workers.run(endless()))
        processes = [worker.process for worker in workers._workers]
        start = time.monotonic()
    assert time.monotonic() - start < 2
    assert len(processes) == 2
    assert not any(process.is_alive() for process in processes)
