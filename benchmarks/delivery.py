"""Measure precision and recall of delivery on labeled events, with the default thresholds.

    python benchmarks/delivery.py CROPS
    python benchmarks/delivery.py CROPS --events 80/300 80/300x3 --seeds 10 --part a --wrong
    python benchmarks/delivery.py CROPS --events 30/40 80/300 --detectors original
    python benchmarks/delivery.py --ready EVENT ...

CROPS has a folder for each identity with crops of that face, like Labeled Faces in the Wild. Events
are made from them (see `labeled_events.py`): 80/300x3 has 80 registered people with 3 references
each and 300 strangers. `--part a` and `--part b` share no identity: tune on one, report the other.
Deliveries of all seeds are added up. EVENT is an existing event, as for `picprocure evaluate`.

The detector `original` runs the original system (see `original.py`). It has no review, and uses the
first of several references. The first run analyzes the photos. Later runs use the faces that are
kept in `build/events`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from analyzed_events import Analysis, AnalyzedEvent, analyzed_event, analyzed_folder
from engines import ORIGINAL, EngineChoice
from labeled_events import PARTS, Kind, TooFewIdentities
from original import deliveries
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.errors import ModelError
from picprocure.faces.matching.types import Decision
from picprocure.faces.sorting import sort_faces
from picprocure.faces.thresholds import thresholds_of
from picprocure.system.cores import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from picprocure.faces.matching.types import FaceMatch
    from picprocure.faces.thresholds import Thresholds

EVENTS: Final = ("30/40", "80/300", "80/300x3", "80/300x5", "190/1800", "190/1800x3", "190/1800x5")

Delivery = tuple[str, str]
"""The name of a person and of a photo."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The deliveries of one event, and the reasons for them."""

    given: set[Delivery]
    doubtful: set[Delivery] = field(default_factory=set)
    reasons: dict[Delivery, FaceMatch] = field(default_factory=dict)


@dataclass
class Tally:
    """Counts of deliveries, added up over events."""

    events: int = 0
    given: int = 0
    right: int = 0
    owed: int = 0
    in_review: int = 0
    right_in_review: int = 0
    given_to_wrong_people: int = 0

    def add(self, result: Sorted, owed: set[Delivery]) -> None:
        self.events += 1
        self.given += len(result.given)
        self.right += len(result.given & owed)
        self.owed += len(owed)
        self.in_review += len(result.doubtful)
        self.right_in_review += len(result.doubtful & owed)
        self.given_to_wrong_people += len({person for person, _ in result.given - owed})

    @property
    def row(self) -> str:
        """Return the cells of a row in a table.

        They are precision, recall, wrong deliveries, people with a wrong photo in each event,
        recall with review, and review items for each delivery.
        """
        return " | ".join(
            [
                f"{self.right / max(1, self.given):.4f}",
                f"{self.right / max(1, self.owed):.3f}",
                f"{self.given - self.right} of {self.given:,}",
                f"{self.given_to_wrong_people / max(1, self.events):.1f}",
                f"{(self.right + self.right_in_review) / max(1, self.owed):.3f}",
                f"{self.in_review / max(1, self.given):.2f}",
            ]
        )


HEAD: Final = (
    "| people/strangers | engine | events | precision | recall | wrong | people with a wrong "
    "photo, per event | recall with review | review items per delivery |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def sorted_by_original(event: AnalyzedEvent) -> Sorted:
    photos = [event.photo_names[photo] for photo in event.photos]
    profiles = {str(person.key): person.references[0] for person in event.people}
    return Sorted(deliveries(list(event.embeddings), photos, profiles))


def sorted_by_ours(event: AnalyzedEvent, thresholds: Thresholds) -> Sorted:
    found = sort_faces(
        event.embeddings, event.photos, event.boxes, event.people, thresholds=thresholds
    )
    by_decision: dict[Decision, dict[Delivery, FaceMatch]] = defaultdict(dict)
    for match in found.matches:
        delivery = str(match.person), event.photo_names[event.photos[match.face]]
        by_decision[match.decision][delivery] = match
    given = by_decision[Decision.MATCH]
    return Sorted(set(given), set(by_decision[Decision.REVIEW]) - set(given), given)


def owed_by(event: AnalyzedEvent) -> set[Delivery]:
    people = set(event.labels["people"])
    return {
        (name, photo)
        for photo, names in event.labels["photos"].items()
        for name in names
        if name in people
    }


def tallied(
    events: Iterable[tuple[str, AnalyzedEvent]], choice: EngineChoice, *, show_wrong: bool
) -> Tally:
    """Sort events, and add up the results. Each event has a title."""
    tally = Tally()
    thresholds = thresholds_of(choice.engine().version)
    for title, event in events:
        is_original = choice.detector == ORIGINAL
        result = sorted_by_original(event) if is_original else sorted_by_ours(event, thresholds)
        owed = owed_by(event)
        tally.add(result, owed)
        if show_wrong:
            print_wrong(result, owed, event, title)
    return tally


def print_wrong(result: Sorted, owed: set[Delivery], event: AnalyzedEvent, title: str) -> None:
    for person, photo in sorted(result.given - owed):
        match = result.reasons.get((person, photo))
        why = f": {match.distance:.3f} < {match.threshold:.3f}, {match.reason}" if match else ""
        print(f"{title}, {photo} to {person}{why}")
        print(f"    it shows {', '.join(event.labels['photos'][photo])}")


def made_up(
    kind: Kind, choice: EngineChoice, options: argparse.Namespace
) -> Iterator[tuple[str, AnalyzedEvent]]:
    analysis = Analysis(options.crops, choice, options.processes, fresh=options.fresh)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        yield f"seed {seed}", analyzed_event(analysis, kind, part=options.part, seed=seed)


def ready(
    folder: Path, choice: EngineChoice, options: argparse.Namespace
) -> Iterator[tuple[str, AnalyzedEvent]]:
    yield folder.name, analyzed_folder(choice, folder, options.processes)


def rows(options: argparse.Namespace) -> Iterator[str]:
    sources = {str(kind): partial(made_up, kind) for kind in options.events if options.crops}
    sources |= {folder.name: partial(ready, folder) for folder in options.ready}
    for (title, events), choice in product(sources.items(), choices(options)):
        try:
            tally = tallied(events(choice, options), choice, show_wrong=options.wrong)
        except (TooFewIdentities, ModelError) as problem:
            print(f"{title}, {choice.name}: left out, {problem}", file=sys.stderr)
            continue
        yield f"| {title} | {choice.name} | {tally.events} | {tally.row} |"


def choices(options: argparse.Namespace) -> list[EngineChoice]:
    """Return each detector with each embedder. The original has its own embedder."""
    combined = product(options.detectors, options.embedders)
    engines = [
        EngineChoice(detector, options.models, "" if detector == ORIGINAL else embedder)
        for detector, embedder in combined
    ]
    return list(dict.fromkeys(engines))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path, nargs="?")
    parser.add_argument("--events", type=Kind.parsed, nargs="+", default=map(Kind.parsed, EVENTS))
    parser.add_argument("--ready", type=Path, nargs="+", default=[], metavar="EVENT")
    parser.add_argument(
        "--detectors", nargs="+", choices=(*DETECTORS.names, ORIGINAL), default=[DETECTORS.best]
    )
    parser.add_argument("--embedders", nargs="+", choices=EMBEDDERS.names, default=[EMBEDDERS.best])
    parser.add_argument("--models", type=Path, help="folder of the models")
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--wrong", action="store_true", help="list the wrong deliveries, and why")
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--fresh", action="store_true", help="analyze again what is kept")
    options = parser.parse_args()
    print(HEAD)
    for row in rows(options):
        print(row, flush=True)


if __name__ == "__main__":
    main()
