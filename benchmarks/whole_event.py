"""The time of a whole event: the command against the original's way, side by side.

    python benchmarks/whole_event.py [PHOTOS] [--models FOLDER]
    python benchmarks/whole_event.py --sizes 12MP --detectors auto --event-photos 200

PHOTOS is a folder of group photos to make the event of (see `sample_photos.py`); without it, free
ones are taken. Each round measures every way once, so that a machine that is busy for a while
changes them all, and the medians over the rounds of times and of ratios are printed:

- ours is `picprocure sort --no-cache` as users run it, from its start to its end, with one process
  and with two;
- the original (see `original.py`) takes seconds for one photo, so it gets a few of them and a few
  profile photos in each round, and is scaled to the event. Not counted are the loading of its
  models and its clusters, which take seconds for 1,000 photos;
- the same goes for the package `face_recognition` (see `face_recognition_package.py`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Final

import face_recognition_package
from original import Original
from sample_photos import SIZES, SamplePhotos

if TYPE_CHECKING:
    from collections.abc import Iterator

PICPROCURE: Final = (sys.executable, "-m", "picprocure.cli")


@dataclass(frozen=True, slots=True)
class Way:
    """Of ours: with this detector, in so many processes."""

    detector: str
    processes: int


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
        """Photos and profiles of this round; each round has others."""
        return _turn(self.photo_files, number, count), _turn(self.profile_files, number, count)


def _turn(files: list[Path], number: int, count: int) -> list[Path]:
    return [files[index % len(files)] for index in range(number * count, (number + 1) * count)]


@dataclass
class Measured:
    """Of each round, the seconds of the whole event; ``faces`` were found in the last one."""

    ours: dict[Way, list[float]] = field(default_factory=lambda: defaultdict(list))
    original: list[float] = field(default_factory=list)
    package: list[float] = field(default_factory=list)
    faces: dict[Way, int] = field(default_factory=dict)


def run_command(event: Event, way: Way) -> tuple[float, int]:
    """Seconds from start to end, and how many faces were found."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command: list[object] = ["sort", event.photos, event.people, "--detector", way.detector]
        command += ["--workers", way.processes, "--no-cache"]
        command += ["--out", Path(folder) / "sorted", "--report", report]
        command += ["--models", event.models] if event.models else []
        start = time.perf_counter()
        subprocess.run([*PICPROCURE, *map(str, command)], check=True, capture_output=True)
        seconds = time.perf_counter() - start
        photos = json.loads(report.read_text(encoding="utf-8"))["photos"]
    return seconds, sum(len(photo["faces"]) for photo in photos.values())


def original_seconds(event: Event, original: Original, number: int, count: int) -> float:
    """Of the whole event, from a few of its photos and profiles."""
    photos, profiles = event.few(number, count)
    a_photo = _mean_seconds(original, photos)
    a_profile = _mean_seconds(original, profiles)
    return a_photo * len(event) + a_profile * len(event.profile_files)


def _mean_seconds(original: Original, photos: list[Path]) -> float:
    start = time.perf_counter()
    for photo in photos:
        original.descriptors(photo)
    return (time.perf_counter() - start) / len(photos)


def package_seconds(event: Event, number: int, count: int) -> float:
    photos, _ = event.few(number, count)
    seconds = face_recognition_package.seconds_a_photo(photos, event.profile_files)
    return mean(seconds) * len(event)


def measured(event: Event, ways: list[Way], asked: argparse.Namespace) -> Measured:
    result, original = Measured(), Original()
    for number in range(asked.rounds):
        result.original.append(original_seconds(event, original, number, asked.original_photos))
        for way in ways:
            seconds, result.faces[way] = run_command(event, way)
            result.ours[way].append(seconds)
        if not asked.without_package:
            result.package.append(package_seconds(event, number, asked.original_photos))
    return result


def rows(title: str, event: Event, result: Measured) -> Iterator[str]:
    """Of one size of photos, first the others, then ours."""
    yield f"| {title} | the original, 1 | | {_times(result.original, event)} | 1 | |"
    if result.package:
        to_original = _ratio(result.original, result.package)
        yield f"| | face_recognition, 1 | | {_times(result.package, event)} | {to_original} | 1 |"
    for way, seconds in result.ours.items():
        to_package = _ratio(result.package, seconds) if result.package else ""
        yield (
            f"| | {way.detector}, {way.processes} | {result.faces[way] / len(event):.1f} "
            f"| {_times(seconds, event)} | **{_ratio(result.original, seconds)}** "
            f"| {to_package} |"
        )


def _times(seconds: list[float], event: Event) -> str:
    """Of the event, a photo, and what it would be for 1,000 photos."""
    whole = median(seconds)
    a_photo = whole / len(event)
    return f"{whole:,.1f} s | {1000 * a_photo:,.0f} ms | {1000 * a_photo / 60:,.1f} min"


def _ratio(theirs: list[float], ours: list[float]) -> str:
    """The median of the rounds' own ratios."""
    return f"{median(a / b for a, b in zip(theirs, ours, strict=True)):.1f}×"


def main() -> None:
    asked = arguments()
    ways = [
        Way(detector, processes) for detector in asked.detectors for processes in asked.processes
    ]
    samples = SamplePhotos.of(asked.photos)
    if not asked.without_package:
        face_recognition_package.make_environment()
    print(
        f"{asked.event_photos} photos and {len(list(samples.profiles().iterdir()))} profiles; "
        f"of the others, {asked.original_photos} of each in each of {asked.rounds} rounds\n"
    )
    print(
        "| photos | way, processes | faces a photo | the event | a photo | 1,000 photos "
        "| × the original | × face_recognition |"
    )
    print("|---" * 8 + "|")
    for title in asked.sizes:
        photos = samples.groups(SIZES[title], asked.event_photos)
        event = Event(photos, samples.profiles(), asked.models)
        for row in rows(title, event, measured(event, ways, asked)):
            print(row, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["12MP", "1600px"])
    parser.add_argument("--detectors", nargs="+", default=["auto", "hog"])
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--event-photos", type=int, default=60)
    parser.add_argument("--original-photos", type=int, default=2)
    parser.add_argument("--without-package", action="store_true", help="no face_recognition")
    return parser.parse_args()


if __name__ == "__main__":
    main()
