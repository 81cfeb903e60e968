"""Measure what answers in the review bring: precision and recall by the number of answers.

    python benchmarks/reviewing.py CROPS
    python benchmarks/reviewing.py CROPS --events 190/1800 --answers 0 50 150 --wrong-in 0 20

CROPS has a folder for each identity with crops of that face, like Labeled Faces in the Wild. Events
are made from them (see `labeled_events.py`). A reviewer answers the questions in the order of the
site's *Review*: those that decide most photos first. After every few answers, the event is sorted
again with what was decided, as on the site. The reviewer knows the labels, and answers wrongly once
in `--wrong-in` questions, or never with 0.

If a question shows faces of several people, the reviewer skips it.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from analyzed_events import Analysis, AnalyzedEvent, analyzed_event
from delivery import Delivery, owed_by
from engines import EngineChoice
from labeled_events import PARTS, Kind
from picprocure.faces.decisions import FaceDecisions, sort_decided
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.faces.review_order import questions
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.thresholds import Thresholds, thresholds_of
from picprocure.system.cores import usable_cores

HEAD = (
    "| event | engine | wrong answers | answers | precision | recall | wrong photos | "
    "of what was missed, found |\n|---|---|---|---|---|---|---|---|"
)


@dataclass
class Reviewer:
    """Answers questions about an event.

    Attributes:
        event: The event.
        wrong_in: One in this many answers is wrong, or none with 0.
        chosen: Chooses which.
        persons: The people whom a face was confirmed for.
        refused: Faces with people whose face it is not.
        skipped: Faces with people of questions that were skipped.
    """

    event: AnalyzedEvent
    wrong_in: int
    chosen: np.random.Generator
    persons: dict[int, str] = field(default_factory=dict)
    refused: set[tuple[int, str]] = field(default_factory=set)
    skipped: set[tuple[int, str]] = field(default_factory=set)

    @property
    def decisions(self) -> FaceDecisions:
        return FaceDecisions(self.persons, self.refused)

    def answer(self, question: list[FaceMatch]) -> bool:
        """Answer a question, and return whether it wasn't skipped."""
        pairs = {(match.face, str(match.person)) for match in question}
        truths = {self._is_right(face, person) for face, person in pairs}
        if len(truths) > 1:
            self.skipped |= pairs
            return False
        (says_yes,) = truths
        if self.wrong_in and self.chosen.integers(self.wrong_in) == 0:
            says_yes = not says_yes
        if says_yes:
            self.persons |= dict(pairs)
            self.refused -= pairs
        else:
            self.refused |= pairs
        return True

    def _is_right(self, face: int, person: str) -> bool:
        photo = self.event.photo_names[self.event.photos[face]]
        return person in self.event.labels["photos"][photo]


def sorted_with(
    reviewer: Reviewer, thresholds: Thresholds
) -> tuple[set[Delivery], list[list[FaceMatch]]]:
    """Return what is delivered, and the questions that are left."""
    event = reviewer.event
    result = sort_decided(
        event.embeddings,
        event.photos.tolist(),
        event.boxes,
        event.people,
        reviewer.decisions,
        thresholds=thresholds,
    )
    given = {
        (str(match.person), event.photo_names[event.photos[match.face]])
        for match in result.matches
        if match.decision is Decision.MATCH
    }
    return given, questions_of(result, reviewer)


def questions_of(result: SortedFaces, reviewer: Reviewer) -> list[list[FaceMatch]]:
    photos = reviewer.event.photos
    doubts = [
        match
        for match in result.matches
        if match.decision is Decision.REVIEW
        and (match.face, str(match.person)) not in reviewer.skipped
    ]
    return questions(
        doubts,
        person=lambda match: match.person,
        cluster=lambda match: int(result.clusters[match.face]),
        photo=lambda match: int(photos[match.face]),
        distance=lambda match: match.distance,
    )


@dataclass
class Tally:
    """Counts of deliveries after some answers, added up over events."""

    answers: int = 0
    given: int = 0
    right: int = 0
    owed: int = 0
    found: int = 0
    missed: int = 0

    def add(
        self, answers: int, given: set[Delivery], first: set[Delivery], owed: set[Delivery]
    ) -> None:
        """Add an event.

        Args:
            answers: The number of answers.
            given: What is delivered after them.
            first: What was delivered before the first one.
            owed: What should be delivered.
        """
        self.answers += answers
        self.given += len(given)
        self.right += len(given & owed)
        self.owed += len(owed)
        self.missed += len(owed - first)
        self.found += len((owed - first) & given)

    @property
    def row(self) -> str:
        """Return the cells of a row: precision, recall, wrong photos, what was found."""
        return (
            f"{self.right / max(1, self.given):.4f} | {self.right / max(1, self.owed):.3f} | "
            f"{self.given - self.right} | {self.found} of {self.missed}"
        )


def measured(
    event: AnalyzedEvent, thresholds: Thresholds, options: argparse.Namespace, *, wrong_in: int
) -> Iterator[tuple[str, int, set[Delivery]]]:
    """Yield a title, the number of answers and what is delivered, and at last that after all."""
    reviewer = Reviewer(event, wrong_in, np.random.default_rng(options.first_seed))
    answers, wanted = 0, sorted(options.answers)
    given, left = sorted_with(reviewer, thresholds)
    while True:
        while wanted and answers >= wanted[0]:
            yield str(wanted.pop(0)), answers, given
        until = min([answers + options.batch, *wanted[:1]])
        answered = False
        for question in left:
            if answers == until:
                break
            answers += reviewer.answer(question)
            answered = True
        if not answered:
            yield "all", answers, given
            return
        given, left = sorted_with(reviewer, thresholds)


def rows(options: argparse.Namespace) -> Iterator[str]:
    for kind, embedder, wrong_in in product(options.events, options.embedders, options.wrong_in):
        choice = EngineChoice(options.detector, options.models, embedder)
        thresholds = thresholds_of(choice.engine().version)
        analysis = Analysis(options.crops, choice, options.processes)
        tallies: dict[str, Tally] = defaultdict(Tally)
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            event = analyzed_event(analysis, kind, part=options.part, seed=seed)
            steps = list(measured(event, thresholds, options, wrong_in=wrong_in))
            for title, answers, given in steps:
                tallies[title].add(answers, given, steps[0][2], owed_by(event))
        mistakes = f"1 in {wrong_in}" if wrong_in else "none"
        for title, tally in tallies.items():
            mean = f"{title}, {tally.answers / options.seeds:.0f}" if title == "all" else title
            yield f"| {kind} | {choice.name} | {mistakes} | {mean} | {tally.row} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--events", type=Kind.parsed, nargs="+", default=[Kind.parsed("190/1800")])
    parser.add_argument("--answers", type=int, nargs="+", default=[0, 20, 50, 100, 150])
    parser.add_argument("--wrong-in", type=int, nargs="+", default=[0, 20])
    parser.add_argument("--batch", type=int, default=5, help="answers before a sorting")
    parser.add_argument("--detector", choices=DETECTORS.names, default=DETECTORS.best)
    parser.add_argument("--embedders", nargs="+", choices=EMBEDDERS.names, default=[EMBEDDERS.best])
    parser.add_argument("--models", type=Path, help="folder of the models")
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=usable_cores())
    options = parser.parse_args()
    print(HEAD)
    for row in rows(options):
        print(row, flush=True)


if __name__ == "__main__":
    main()
