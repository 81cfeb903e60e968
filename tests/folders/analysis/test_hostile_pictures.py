"""Images that take long to decode don't stop the sorting of the others."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path

import fakes
from imaging import hostile
from picprocure.folders.analysis.types import Job, Kind
from picprocure.folders.analysis.worker_pool import Workers


def jobs_of(folder: Path, contents: dict[str, bytes]) -> list[Job]:
    jobs = []
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        jobs.append(Job(Kind.PHOTO, name, path, sha256(content).hexdigest()))
    return jobs


def test_decompression_bombs_are_reported_by_name(tmp_path: Path) -> None:
    contents = {name: make() for name, make in hostile.BOMBS.items()}
    jobs = jobs_of(tmp_path, {**contents, "good.png": fakes.stripes(fakes.BOB)})
    begun = time.monotonic()
    with Workers(fakes.StripeEngine, 1) as workers:
        found = {job.name: analysis for job, analysis in workers.run(jobs)}
    assert time.monotonic() - begun < 120  # they took 10 on a free machine
    assert len(found.pop("good.png").faces) == 1
    for name, analysis in found.items():
        assert name in (analysis.error or ""), name
        assert "stopped the analysis" not in (analysis.error or "")


def test_photo_that_takes_too_much_memory_is_reported(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, {"good.png": fakes.stripes(fakes.BOB)})
    with Workers(fakes.GreedyEngine, 1) as workers:
        ((_, analysis),) = workers.run(jobs)
    assert "stopped the analysis twice" in (analysis.error or "")
