"""Real worker processes, and what happens to photos when they are killed."""

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


def test_photos_are_analyzed_by_the_requested_number_of_processes(
    seen: Path, job: Callable[..., Job]
) -> None:
    jobs = [job(f"{n}{m}", *people) for n in range(5) for m, people in enumerate(GOOD)]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs, count=2)
    assert {name: len(analysis.faces) for name, analysis in found.items()} == {
        job.name: len(GOOD[int(job.name[1])]) for job in jobs
    }
    processes = {path.name.split("-")[-1] for path in seen.iterdir()}
    assert len(processes) <= 2
    assert str(os.getpid()) not in processes


def test_photo_that_crashes_its_process_once_is_tried_again_alone(
    seen: Path, job: Callable[..., Job]
) -> None:
    jobs = [job("deadly once", fakes.DEADLY_ONCE), *(job(str(n), fakes.BOB) for n in range(6))]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs)
    assert {analysis.error for analysis in found.values()} == {None}
    assert list(found)[-1] == "deadly once.png"
    assert len(found) == 7


def test_photo_that_crashes_its_process_twice_is_reported(
    seen: Path, job: Callable[..., Job]
) -> None:
    deadly = [job("deadly", fakes.DEADLY), job("also deadly", fakes.DEADLY)]
    jobs = [deadly[0], *(job(str(n), fakes.BOB) for n in range(6)), deadly[1]]
    found = analyzed(partial(fakes.DeadlyEngine, seen), jobs)
    failed = {name: analysis.error for name, analysis in found.items() if analysis.error}
    assert failed.keys() == {"deadly.png", "also deadly.png"}
    assert "deadly.png stopped the analysis twice" in str(failed["deadly.png"])
    assert len(found) == 8
    assert len(list(seen.iterdir())) == 6 + 2 * 2


def test_killed_processes_lose_no_photos(seen: Path, job: Callable[..., Job]) -> None:
    jobs = [job(str(n), fakes.BOB) for n in range(8)]
    found = {}
    with Workers(partial(fakes.DeadlyEngine, seen), 2) as workers:
        for done, analysis in workers.run(jobs):
            found[done.name] = analysis
            if len(found) in {2, 5}:
                for worker in workers._workers:
                    if worker.process.pid is not None:
                        os.kill(worker.process.pid, signal.SIGKILL)
    errors = {name: analysis.error for name, analysis in found.items()}
    assert errors == {job.name: None for job in jobs}


def test_broken_engine_stops_the_run_with_its_reason(job: Callable[..., Job]) -> None:
    with pytest.raises(AnalysisStopped, match=r"The model is broken\."):
        analyzed(fakes.BrokenEngine, [job("1", fakes.BOB)])


def test_processes_that_never_start_stop_the_run(job: Callable[..., Job]) -> None:
    with pytest.raises(AnalysisStopped, match="stop as soon as they start"):
        analyzed(fakes.StillbornEngine, [job("1", fakes.BOB)])


def test_unexpected_exception_is_the_photos_error(job: Callable[..., Job]) -> None:
    found = analyzed(fakes.ConfusedEngine, [job("1", fakes.BOB)])
    assert found["1.png"].error == ("1.png can't be analyzed: ZeroDivisionError: division by zero")


def test_unreadable_and_changed_photos_have_an_error(
    tmp_path: Path, job: Callable[..., Job]
) -> None:
    broken, gone, changed = job("broken"), job("gone"), job("changed")
    broken.path.write_bytes(b"\x89PNG\r\n\x1a\n")
    broken = Job(Kind.PHOTO, broken.name, broken.path, sha256(b"\x89PNG\r\n\x1a\n").hexdigest())
    gone.path.unlink()
    changed.path.write_bytes(fakes.stripes(fakes.CHARLIE))
    found = analyzed(fakes.StripeEngine, [broken, gone, changed], count=1)
    assert "broken.png can't be opened" in str(found["broken.png"].error)
    assert found["gone.png"].error == "gone.png can't be read: No such file or directory."
    assert "was changed while it was being sorted" in str(found["changed.png"].error)


def test_no_process_is_started_without_jobs() -> None:
    with Workers(fakes.StillbornEngine, 2) as workers:
        assert list(workers.run([])) == []
        assert workers._workers == []


def test_leaving_the_context_early_ends_all_processes(seen: Path, job: Callable[..., Job]) -> None:
    def endless() -> Iterator[Job]:
        while True:
            yield endless_job

    endless_job = job("1", fakes.BOB)
    with Workers(partial(fakes.DeadlyEngine, seen), 2) as workers:
        next(workers.run(endless()))
        processes = [worker.process for worker in workers._workers]
        start = time.monotonic()
    assert time.monotonic() - start < 20
    assert len(processes) == 2
    assert not any(process.is_alive() for process in processes)
