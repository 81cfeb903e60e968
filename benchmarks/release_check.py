"""Measure the check before a release on labeled events: how often its intervals have the truth.

    python benchmarks/release_check.py CROPS
    python benchmarks/release_check.py CROPS --events 80/300 190/1800 --checks 1000 --unclear-in 20

CROPS has a folder for each identity with crops of that face, like Labeled Faces in the Wild. Events
are made from them (see `labeled_events.py`). Each event is sorted once. Then a host who knows the
labels judges thirty pairs, again and again, each time with other ones, and can't tell one in
`--unclear-in`, or always can with 0.

The columns of wrong and of missed photos are: how many there are, the share of checks whose
interval has that number, and the 10 %, 50 % and 90 % quantiles of the upper end. "strictness" is a
step of `faces/strictness.py`: for each step, the deliveries, and how many of them are wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from analyzed_events import Analysis, AnalyzedEvent, analyzed_event
from engines import EngineChoice
from labeled_events import PARTS, Kind
from picprocure.faces.checked_pairs import (
    DELIVERED,
    MISSED,
    PairKind,
    deeper,
    pairs_by_kind,
    shares,
)
from picprocure.faces.decisions import FaceDecisions, sort_decided
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.estimates import Estimate, Stratum, estimate
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.strictness import one_wrong_in, strictness_steps
from picprocure.faces.thresholds import ONE_WRONG_IN, Thresholds, thresholds_of
from picprocure.system.cores import usable_cores

HEAD = (
    "| event | engine | pairs | wrong | covered | upper end | missed | covered | upper end |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
STEPS_HEAD = (
    "| event | engine | strictness | one wrong in | deliveries | wrong |\n|---|---|---|---|---|---|"
)

Truths = Mapping[PairKind, Sequence[bool]]
"""For each pair of a stratum, whether it counts: a wrong delivery, or a missed photo."""


def sorted_with(event: AnalyzedEvent, thresholds: Thresholds) -> SortedFaces:
    photos = event.photos.tolist()
    return sort_decided(
        event.embeddings, photos, event.boxes, event.people, FaceDecisions(), thresholds=thresholds
    )


def is_shown(event: AnalyzedEvent, match: FaceMatch) -> bool:
    """Return whether the photo of a match shows the person."""
    photo = event.photo_names[event.photos[match.face]]
    return str(match.person) in event.labels["photos"][photo]


def truths_of(event: AnalyzedEvent, thresholds: Thresholds) -> Truths:
    usual, deep = (sorted_with(event, one) for one in (thresholds, deeper(thresholds)))
    pairs = pairs_by_kind(usual, deep, event.photos)
    return {
        kind: [is_shown(event, match) != (kind in DELIVERED) for match in matches]
        for kind, matches in pairs.items()
    }


def judged(
    truths: Truths, chosen: np.random.Generator, *, unclear_in: int
) -> tuple[Estimate, Estimate]:
    """Judge thirty pairs, and return the estimates of wrong and of missed photos."""
    strata = {}
    for kind, count in shares({kind: len(own) for kind, own in truths.items()}).items():
        seen = chosen.permutation(np.array(truths[kind], dtype=bool))[:count]
        unclear = chosen.random(count) < (1 / unclear_in if unclear_in else 0)
        counted = int((seen & ~unclear).sum())
        strata[kind] = Stratum(len(truths[kind]), count, counted, int(unclear.sum()))
    wrong, missed = ([strata[kind] for kind in kinds] for kinds in (DELIVERED, MISSED))
    return estimate(wrong), estimate(missed)


def row(truths: Truths, options: argparse.Namespace) -> str:
    """Return the cells of a row."""
    chosen = np.random.default_rng(options.first_seed)
    checks = [judged(truths, chosen, unclear_in=options.unclear_in) for _ in range(options.checks)]
    cells = []
    for column, kinds in enumerate((DELIVERED, MISSED)):
        total, size = (
            sum(sum(truths[kind]) for kind in kinds),
            sum(len(truths[kind]) for kind in kinds),
        )
        found = [check[column] for check in checks]
        covered = np.mean([one.low <= total <= one.high for one in found])
        ends = np.quantile([one.high for one in found], [0.1, 0.5, 0.9])
        cells.append(
            f"{total} of {size} | {100 * covered:.1f} % | {', '.join(f'{end:.0f}' for end in ends)}"
        )
    return " | ".join(cells)


def events_of(options: argparse.Namespace) -> Iterator[tuple[str, AnalyzedEvent, Thresholds]]:
    for embedder in options.embedders:
        choice = EngineChoice(options.detector, options.models, embedder)
        analysis = Analysis(options.crops, choice, options.processes)
        for kind in options.events:
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                event = analyzed_event(analysis, kind, part=options.part, seed=seed)
                yield f"{kind} | {choice.name}", event, thresholds_of(choice.engine().version)


def steps_of(event: AnalyzedEvent, thresholds: Thresholds) -> Iterator[str]:
    for step in strictness_steps(usual=ONE_WRONG_IN):
        one_in = one_wrong_in(step, usual=ONE_WRONG_IN)
        result = sorted_with(event, replace(thresholds, max_wrong_share=1 / one_in))
        given = {
            (match.person, int(event.photos[match.face])): is_shown(event, match)
            for match in result.matches
            if match.decision is Decision.MATCH
        }
        wrong = len(given) - sum(given.values())
        yield f"{step} | {one_in:,.0f} | {len(given):,} | {wrong}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--events", type=Kind.parsed, nargs="+", default=[Kind.parsed("190/1800")])
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--unclear-in", type=int, default=20)
    parser.add_argument("--detector", choices=DETECTORS.names, default=DETECTORS.best)
    parser.add_argument("--embedders", nargs="+", choices=EMBEDDERS.names, default=[EMBEDDERS.best])
    parser.add_argument("--models", type=Path, help="folder of the models")
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=usable_cores())
    options = parser.parse_args()
    print(HEAD)
    steps = []
    for title, event, thresholds in events_of(options):
        truths = truths_of(event, thresholds)
        pairs = sum(shares({kind: len(own) for kind, own in truths.items()}).values())
        print(f"| {title} | {pairs} | {row(truths, options)} |", flush=True)
        steps += [f"| {title} | {step} |" for step in steps_of(event, thresholds)]
    print(f"\n{STEPS_HEAD}", *steps, sep="\n")


if __name__ == "__main__":
    main()
