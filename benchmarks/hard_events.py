"""Measure delivery in events of look-alikes, of bursts, of small faces and of groups.

    python benchmarks/hard_events.py CROPS [--only look-alikes bursts small groups] [--seeds 3]

CROPS has a folder for each identity with crops of that face, like Labeled Faces in the Wild. Events
are made from them (see `labeled_events.py`).

- Look-alikes: a random person and the nearest identities are registered, and the next nearest ones
  are strangers.
- Bursts: each photo is taken twice, the second time a moment later. The row before has the same
  event without the second photos, and the row "first photos" counts only the first ones.
- Small: in every second photo, the faces are 24 to 40 pixels wide. Rows count the photos of small
  and of large faces, and the row before has the same event with large faces only.
- Groups: the faces of some photos are in a few large ones, as if they had been found in photos of
  groups. Rows count these photos and the others.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from analyzed_events import Analysis, AnalyzedEvent, analyzed_plan, references_of_crops
from delivery import Delivery, Sorted, Tally, owed_by, sorted_by_ours
from engines import EngineChoice
from labeled_events import (
    CANVAS,
    Kind,
    PlannedEvent,
    identities,
    plan_event,
    plan_look_alikes,
    with_each_photo_twice,
    with_small_faces,
)
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.evaluation import EventLabels
from picprocure.faces.thresholds import Thresholds, thresholds_of
from picprocure.faces.vectors import normalize
from picprocure.system.cores import usable_cores

HEAD: Final = (
    "| event | events | precision | recall | wrong | people with a wrong photo, per event | "
    "recall with review | review items per delivery |\n|---|---|---|---|---|---|---|---|"
)
LOOK_ALIKES: Final = (Kind(10, 30), Kind(20, 100), Kind(40, 200))
BURSTS: Final = (Kind(30, 40), Kind(80, 300))
SMALL: Final = (Kind(30, 40), Kind(80, 300))
SMALL_SIDES: Final = (37, 61)
"""A face is .65 of a crop's side wide, so these are faces of 24 to 40 pixels."""

GROUPS: Final = (Kind(30, 40), Kind(80, 300))
GROUP_SHARES: Final = (0.15, 0.4, 0.9)
"""Of the photos whose faces are in photos of groups, which are much fewer."""
GROUP_SIZES: Final = ((10, 30), (25, 60))
GROUP_PREFIX: Final = "group-"

SMALL_PREFIX: Final = "small-"
AGAIN_PREFIX: Final = "again-"

Chosen = Callable[[str], bool]
"""Whether a photo of this name counts."""


def row(title: str, events: list[AnalyzedEvent], thresholds: Thresholds, counts: Chosen) -> str:
    tally = Tally()
    for event in events:
        result = sorted_by_ours(event, thresholds)
        tally.add(
            Sorted(_only(result.given, counts), _only(result.doubtful, counts)),
            _only(owed_by(event), counts),
        )
    return f"| {title} | {tally.events} | {tally.row} |"


def _only(deliveries: set[Delivery], counts: Chosen) -> set[Delivery]:
    return {delivery for delivery in deliveries if counts(delivery[1])}


def any_photo(_: str) -> bool:
    return True


def look_alikes(analysis: Analysis, thresholds: Thresholds, seeds: int) -> Iterator[str]:
    crops = identities(analysis.crops)
    centers = {
        name: normalize(own.sum(axis=0)[None])[0]
        for name, own in references_of_crops(analysis).items()
        if len(own)
    }
    for kind in LOOK_ALIKES:
        plans = [plan_look_alikes(crops, centers, kind, seed) for seed in range(seeds)]
        events = [analyzed_plan(analysis, plan) for plan in plans]
        yield row(f"{kind}, look-alikes", events, thresholds, any_photo)


def bursts(analysis: Analysis, thresholds: Thresholds, seeds: int) -> Iterator[str]:
    for kind in BURSTS:
        plans = _plans(analysis, kind, seeds)
        once = [analyzed_plan(analysis, plan) for plan in plans]
        twice = [analyzed_plan(analysis, with_each_photo_twice(plan)) for plan in plans]
        yield row(f"{kind}, each photo once", once, thresholds, any_photo)
        yield row(f"{kind}, each photo twice", twice, thresholds, any_photo)
        yield row(f"{kind}, each photo twice: first photos", twice, thresholds, _is_first)


def small(analysis: Analysis, thresholds: Thresholds, seeds: int) -> Iterator[str]:
    for kind in SMALL:
        plans = _plans(analysis, kind, seeds)
        large = [analyzed_plan(analysis, plan) for plan in plans]
        mixed = [
            analyzed_plan(analysis, with_small_faces(plan, SMALL_SIDES, seed))
            for seed, plan in enumerate(plans)
        ]
        yield row(f"{kind}, large faces", large, thresholds, any_photo)
        yield row(f"{kind}, half small: small", mixed, thresholds, _is_small)
        yield row(f"{kind}, half small: large", mixed, thresholds, _is_large)


def groups(analysis: Analysis, thresholds: Thresholds, seeds: int) -> Iterator[str]:
    for kind, share, sizes in itertools.product(GROUPS, GROUP_SHARES, GROUP_SIZES):
        events = [
            with_groups(analyzed_plan(analysis, plan), share, sizes, seed)
            for seed, plan in enumerate(_plans(analysis, kind, seeds))
        ]
        title = f"{kind}, {share} in groups of {sizes[0]} to {sizes[1]}"
        yield row(f"{title}: groups", events, thresholds, _is_group)
        yield row(f"{title}: others", events, thresholds, _is_no_group)


def with_groups(
    event: AnalyzedEvent, share: float, sizes: tuple[int, int], seed: int
) -> AnalyzedEvent:
    """Return the event with photos of groups. Each has the faces of several photos.

    Args:
        event: The event.
        share: The share of its photos whose faces are in photos of groups.
        sizes: A group takes photos until it has a random number of faces, between these. It takes
            no photo of anyone whom it shows already.
        seed: Equal seeds give equal groups.
    """
    random = np.random.default_rng([seed, 5])
    shown = [set(event.labels["photos"][name]) for name in event.photo_names]
    faces = np.bincount(event.photos, minlength=len(shown))
    left = random.permutation(len(shown))[: int(share * len(shown))].tolist()
    group = np.arange(len(shown))
    while left:
        first, wanted = left.pop(), random.integers(*sizes)
        for photo in list(left):
            if faces[first] < wanted and not shown[first] & shown[photo]:
                left.remove(photo)
                group[photo] = first
                faces[first] += faces[photo]
                shown[first] |= shown[photo]
    of_group = np.bincount(group, minlength=len(shown))
    names = [
        f"{GROUP_PREFIX}{name}" if photos > 1 else name
        for name, photos in zip(event.photo_names, of_group, strict=True)
    ]
    labels: EventLabels = {
        "people": event.labels["people"],
        "photos": {names[photo]: sorted(shown[photo]) for photo in np.flatnonzero(of_group)},
    }
    boxes = [  # the pictures are beside each other
        replace(box, left=box.left + photo * CANVAS[0], right=box.right + photo * CANVAS[0])
        for box, photo in zip(event.boxes, event.photos.tolist(), strict=True)
    ]
    return replace(event, photos=group[event.photos], photo_names=names, boxes=boxes, labels=labels)


def _plans(analysis: Analysis, kind: Kind, seeds: int) -> list[PlannedEvent]:
    crops = identities(analysis.crops)
    return [plan_event(crops, kind, seed) for seed in range(seeds)]


def _is_first(photo: str) -> bool:
    return not photo.startswith(AGAIN_PREFIX)


def _is_small(photo: str) -> bool:
    return photo.startswith(SMALL_PREFIX)


def _is_group(photo: str) -> bool:
    return photo.startswith(GROUP_PREFIX)


def _is_no_group(photo: str) -> bool:
    return not _is_group(photo)


def _is_large(photo: str) -> bool:
    return not _is_small(photo)


ALL: Final = {"look-alikes": look_alikes, "bursts": bursts, "small": small, "groups": groups}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--only", nargs="+", choices=ALL, default=list(ALL))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--detector", choices=DETECTORS.names, default=DETECTORS.best)
    parser.add_argument("--embedder", choices=EMBEDDERS.names, default=EMBEDDERS.best)
    parser.add_argument("--models", type=Path, help="folder of the models")
    parser.add_argument("--processes", type=int, default=usable_cores())
    options = parser.parse_args()
    choice = EngineChoice(options.detector, options.models, options.embedder)
    analysis = Analysis(options.crops, choice, options.processes)
    thresholds = thresholds_of(choice.engine().version)
    print(HEAD)
    for name in options.only:
        for line in ALL[name](analysis, thresholds, options.seeds):
            print(line, flush=True)


if __name__ == "__main__":
    main()
