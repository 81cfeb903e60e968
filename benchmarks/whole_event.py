"""Measure the time for a whole event, compared with the original system.

    python benchmarks/whole_event.py [PHOTOS] [--models FOLDER]
    python benchmarks/whole_event.py --sizes 12MP --ways auto:2 --event-photos 200 --rounds 1
    python benchmarks/whole_event.py --sizes 12MP --faces 18 --profiles 5 --event-photos 12

PHOTOS is a folder of group photos from which the event is made (see `sample_photos.py`), by default
free ones. With `--faces`, its photos are crowds of as many faces. Each round measures each way
once, so a busy machine changes all of them. The medians of the rounds are printed, of times and of
ratios.

- Ours is `picprocure sort --no-cache` as users run it, from start to end. `auto:2` is the best
  available detector in two processes.
- The original (see `original.py`) takes seconds for a photo. So each round measures it with a few
  photos and profile photos, and the time is scaled to the event. Loading its models and clustering
  are not counted. They take seconds for 1,000 photos.
- The package `face_recognition` (see `face_recognition_package.py`) is measured in the same way.

On a busy machine, processor time tells more than elapsed time. It is that of all cores together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, Self

import face_recognition_package
from original import Original
from sample_photos import SIZES, SamplePhotos

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS: Final = ("auto:2", "auto:1", "hog:2")
PICPROCURE: Final = (sys.executable, "-m", "picprocure.cli")


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run PicProcure, written `auto:2`: a detector, and the number of processes."""

    detector: str
    processes: int

    @classmethod
    def parsed(cls, text: str) -> Self:
        detector, _, processes = text.partition(":")
        return cls(detector, int(processes))


@dataclass(frozen=True, slots=True)
class Event:
    photos: Path
    people: Path
    models: Path | None

    def __len__(self) -> int:
        return len(self.photo_files)

    @property
    def photo_files(self) -> list[Path]:
        return sorted(self.photos.glob("*.jpg"))

    @property
    def profile_files(self) -> list[Path]:
        return sorted(self.people.glob("*.jpg"))

    def few(self, number: int, count: int) -> tuple[list[Path], list[Path]]:
        """Return a few photos and profiles, which are different in each round."""
        return _turn(self.photo_files, number, count), _turn(self.profile_files, number, count)


def _turn(files: list[Path], number: int, count: int) -> list[Path]:
    return [files[index % len(files)] for index in range(number * count, (number + 1) * count)]


@dataclass(frozen=True, slots=True)
class Spent:
    """Elapsed seconds, and processor seconds of all cores together."""

    clock: float
    processor: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __mul__(self, times: float) -> Spent:
        return Spent(self.clock * times, self.processor * times)


@contextmanager
def watched() -> Iterator[list[Spent]]:
    """Measure the time of a block, with that of processes that ended in it."""
    spent: list[Spent] = []
    clock, processor = time.perf_counter(), _processor_seconds()
    yield spent
    spent.append(Spent(time.perf_counter() - clock, _processor_seconds() - processor))


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@dataclass
class Measured:
    """The time for the whole event in each round, and the faces that the last round found."""

    ours: dict[Way, list[Spent]] = field(default_factory=lambda: defaultdict(list))
    original: list[Spent] = field(default_factory=list)
    package: list[Spent] = field(default_factory=list)
    faces: dict[Way, int] = field(default_factory=dict)


def run_command(event: Event, way: Way) -> tuple[Spent, int]:
    """Run PicProcure. Return the time from start to end, and the number of faces."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command: list[object] = ["sort", event.photos, event.people, "--detector", way.detector]
        command += ["--workers", way.processes, "--no-cache"]
        command += ["--out", Path(folder) / "sorted", "--report", report]
        command += ["--models", event.models] if event.models else []
        with watched() as spent:
            subprocess.run([*PICPROCURE, *map(str, command)], check=True, capture_output=True)
        photos = json.loads(report.read_text(encoding="utf-8"))["photos"]
    return spent[0], sum(len(photo["faces"]) for photo in photos.values())


def run_original(event: Event, original: Original, number: int, count: int) -> Spent:
    """Estimate the time for the whole event from a few of its photos and profiles."""
    photos, profiles = event.few(number, count)
    a_photo, a_profile = _mean_of(original, photos), _mean_of(original, profiles)
    return a_photo * len(event) + a_profile * len(event.profile_files)


def _mean_of(original: Original, photos: list[Path]) -> Spent:
    with watched() as spent:
        for photo in photos:
            original.descriptors(photo)
    return spent[0] * (1 / len(photos))


def run_package(event: Event, number: int, count: int) -> Spent:
    photos, _ = event.few(number, count)
    a_photo = face_recognition_package.seconds_a_photo(photos, event.profile_files)
    return Spent(*a_photo) * len(event)


def measured(event: Event, ways: list[Way], options: argparse.Namespace) -> Measured:
    result, original = Measured(), Original()
    original.descriptors(event.profile_files[0])  # warm up
    for number in range(options.rounds):
        result.original.append(run_original(event, original, number, options.original_photos))
        for way in ways:
            spent, result.faces[way] = run_command(event, way)
            result.ours[way].append(spent)
        if not options.without_package:
            result.package.append(run_package(event, number, options.original_photos))
    return result


def rows(title: str, event: Event, result: Measured) -> Iterator[str]:
    """Yield the rows for one size of photos."""
    yield f"| {title} | the original, 1 | | {_times(result.original, event)} | 1 | |"
    if result.package:
        to_original = _ratio(result.original, result.package)
        yield f"| | face_recognition, 1 | | {_times(result.package, event)} | {to_original} | 1 |"
    for way, spent in result.ours.items():
        to_package = _ratio(result.package, spent) if result.package else ""
        yield (
            f"| | {way.detector}, {way.processes} | {result.faces[way] / len(event):.1f} "
            f"| {_times(spent, event)} | **{_ratio(result.original, spent)}** | {to_package} |"
        )


def _times(rounds: list[Spent], event: Event) -> str:
    """Return cells: the event, a photo, its processor time, and 1,000 photos."""
    a_photo = median(spent.clock for spent in rounds) / len(event)
    of_processor = median(spent.processor for spent in rounds) / len(event)
    return (
        f"{a_photo * len(event):,.1f} s | {1000 * a_photo:,.0f} ms | {1000 * of_processor:,.0f} ms "
        f"| {1000 * a_photo / 60:,.1f} min"
    )


def _ratio(theirs: list[Spent], ours: list[Spent]) -> str:
    """Return the median of the ratios of the rounds."""
    return f"{median(a.clock / b.clock for a, b in zip(theirs, ours, strict=True)):.1f}×"


def main() -> None:
    options = parsed_options()
    ways = list(options.ways)
    samples = SamplePhotos.of(options.photos)
    if not options.without_package:
        face_recognition_package.make_environment()
    people = samples.profiles(options.profiles)
    print(
        f"{options.event_photos} photos and {len(list(people.iterdir()))} profiles; "
        f"other systems get {options.original_photos} of each in each of {options.rounds} rounds\n"
    )
    print(
        "| photos | way, processes | faces a photo | the event | a photo | of the processor "
        "| 1,000 photos | × the original | × face_recognition |"
    )
    print("|---" * 9 + "|")
    for title in options.sizes:
        photos = (
            samples.groups(SIZES[title], options.event_photos)
            if options.faces is None
            else samples.crowds(SIZES[title], options.faces, options.event_photos)
        )
        event = Event(photos, people, options.models)
        for row in rows(title, event, measured(event, ways, options)):
            print(row, flush=True)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["12MP", "1600px"])
    parser.add_argument("--ways", type=Way.parsed, nargs="+", default=map(Way.parsed, WAYS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--event-photos", type=int, default=60)
    parser.add_argument("--faces", type=int, help="faces in each photo")
    parser.add_argument("--profiles", type=int, help="number of people, by default all")
    parser.add_argument("--original-photos", type=int, default=2)
    parser.add_argument("--without-package", action="store_true", help="no face_recognition")
    return parser.parse_args()


if __name__ == "__main__":
    main()
