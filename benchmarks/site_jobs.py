"""Measure a site's workers: photos per second, and their cost over that of `picprocure sort`.

    python benchmarks/site_jobs.py [PHOTOS] [--count 40] [--size 12MP] [--workers 1 2] [--postgres]
        [--rounds 2] [--models FOLDER]

PHOTOS has group photos, from which photos are made (see `sample_photos.py`). They are uploaded to
an event, and real worker processes analyze and sort them. Their time counts from the first job to
the last, without their start. `picprocure sort` gets the same photos, and a few of them, and the
difference counts, so its start and its profiles don't. Both are measured in turns, since a machine
is not always equally fast. The site also makes a web size and a thumbnail of each photo. What they
cost is measured, too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final
from unittest.mock import patch

import psutil

from page_costs import empty_site
from sample_photos import SIZES, SamplePhotos

FEW: Final = 4
PAUSE: Final = 0.05
LONGEST_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the clock, and of the processor."""

    clock: float
    processor: float


def sort_folder(photos: Path, people: Path, options: argparse.Namespace) -> Spent:
    """Run `picprocure sort` in one process."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "picprocure.cli", "sort", str(photos), str(people)]
        command += ["--workers", "1", "--no-cache", "--out", str(Path(out) / "sorted")]
        command += ["--models", str(options.models)] if options.models else []
        times, start = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        ended = os.times()
    processor = ended.children_user + ended.children_system
    processor -= times.children_user + times.children_system
    return Spent(time.perf_counter() - start, processor)


@contextmanager
def running_workers(count: int) -> Iterator[list[psutil.Process]]:
    """Run worker processes, and yield them once they are ready."""
    from picprocure.pipeline.models import Heartbeat  # noqa: PLC0415 -- once Django is set up

    Heartbeat.objects.all().delete()
    command = [sys.executable, "-m", "picprocure.pipeline.process", "worker"]
    started = [subprocess.Popen([*command, f"worker{number}"]) for number in range(count)]
    try:
        wait_until(lambda: Heartbeat.objects.workers().count() == count)
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def wait_until(is_true: Any) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while not is_true():
        if time.monotonic() > end:
            raise SystemExit("The workers take too long.")
        time.sleep(PAUSE)


def processor_seconds(processes: list[psutil.Process]) -> float:
    """Return the processor seconds of processes and their children."""
    times = [process.cpu_times() for process in processes]
    return float(sum(t.user + t.system + t.children_user + t.children_system for t in times))


def work_off(photos: Path, workers: list[psutil.Process]) -> tuple[Spent, float]:
    """Upload photos to a new event, and have workers analyze and sort them.

    Returns:
        What the workers spent, and the processor seconds of the database server.
    """
    from picprocure.photos.models import Photo  # noqa: PLC0415
    from picprocure.pipeline import steps, turns  # noqa: PLC0415
    from picprocure.recognition.models import Sorting  # noqa: PLC0415

    event = new_event()
    with patch.object(turns, "queue_photos"):  # until the clock runs
        for path in sorted(photos.glob("*.jpg")):
            with path.open("rb") as upload:
                steps.receive_photo(
                    event=event,
                    uploaded_by=event.creator,
                    upload=upload,
                    name=path.name,
                    size=path.stat().st_size,
                )
    photo_ids = list(event.photos.values_list("pk", flat=True))
    before, start = processor_seconds(workers), time.perf_counter()
    turns.queue_photos(event.pk)
    wait_until(
        lambda: (
            Photo.objects.analyzed().filter(event=event).count() == len(photo_ids)
            and not Sorting.objects.pending().exists()
        )
    )
    spent = Spent(time.perf_counter() - start, processor_seconds(workers) - before)
    return spent, _renditions(photo_ids[:FEW])


def new_event() -> Any:
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.accounts.models import User  # noqa: PLC0415
    from picprocure.events.services import EventDetails, close_registration, create_event  # noqa: PLC0415

    host, _ = User.objects.get_or_create(email="alice@example.org")
    details, length = EventDetails(name="Benchmark"), timedelta(hours=1)
    event = create_event(creator=host, details=details, closes_at=timezone.now() + length)
    close_registration(event=event)
    return event


def _renditions(photo_ids: list[Any]) -> float:
    """Return the processor seconds that the renditions of one photo take."""
    from picprocure.photos.models import Photo  # noqa: PLC0415
    from picprocure.photos.services import store_renditions  # noqa: PLC0415

    start = _own_seconds()
    for photo in Photo.objects.filter(pk__in=photo_ids):
        store_renditions(photo, original_key="")
    return (_own_seconds() - start) / len(photo_ids)


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    options = parsed_options()
    samples = SamplePhotos.of(options.photos)
    photos = samples.groups(SIZES[options.size], options.count)
    few = samples.groups(SIZES[options.size], FEW)
    people = samples.profiles(FEW)
    models = {"PICPROCURE_MODELS_DIR": str(options.models.resolve())} if options.models else {}
    with empty_site(postgres=options.postgres, **models):
        prepare_jobs()
        print(f"{options.count} photos of {options.size}")
        print("| workers | photos a second | processor, ms a photo | renditions | sort | more |")
        print("|---|---|---|---|---|---|")
        for count in options.workers:
            print(row(count, photos, few, people, options), flush=True)


def prepare_jobs() -> None:
    from picprocure.pipeline.broker import prepare_broker  # noqa: PLC0415 -- once Django is set up
    from picprocure.recognition.engines import use_current_engine  # noqa: PLC0415

    prepare_broker()
    use_current_engine()


def row(count: int, photos: Path, few: Path, people: Path, options: argparse.Namespace) -> str:
    """Measure a number of workers and `picprocure sort` in turns, and return a row of the table."""
    site, renditions, alone = [], [], []
    with running_workers(count) as workers:
        work_off(few, workers)  # the first photo reads the weights
        for _ in range(options.rounds):
            more = sort_folder(photos, people, options).processor
            less = sort_folder(few, people, options).processor
            alone.append((more - less) / (options.count - FEW))
            spent, of_renditions = work_off(photos, workers)
            site.append(spent)
            renditions.append(of_renditions)
    pace = median(options.count / spent.clock for spent in site)
    cost = median(spent.processor / options.count for spent in site)
    ratio = median(s.processor / options.count / a for s, a in zip(site, alone, strict=True))
    without = median(
        (s.processor / options.count - r) / a
        for s, a, r in zip(site, alone, renditions, strict=True)
    )
    return (
        f"| {count} | {pace:.2f} | {1000 * cost:.0f} | {1000 * median(renditions):.0f} "
        f"| {1000 * median(alone):.0f} | {ratio - 1:+.0%}, without renditions {without - 1:+.0%} |"
    )


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--size", choices=SIZES, default="12MP")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    return parser.parse_args()


if __name__ == "__main__":
    main()
