"""Measure seconds and memory of clustering and sorting large events, compared with dlib.

    python benchmarks/clustering.py                       1,000 to 200,000 faces
    python benchmarks/clustering.py --faces 1000000       a million; some 20 minutes on two cores
    python benchmarks/clustering.py --dlib-up-to 50000    dlib's way for longer, too

Each figure comes from a process of its own, one after the other. dlib's clustering uses one core.
With OMP_NUM_THREADS=1, the matrix products do so, too. dlib doesn't know about photos, so it may
put two faces of one photo together. Sorting includes the clustering, and matches 500 registered
people.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import dlib
import numpy as np
from numpy.typing import NDArray

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.evaluation import bcubed
from picprocure.faces.matching.types import Person
from picprocure.faces.sorting import sort_faces
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import EMBEDDING_SIZE, Box, Embeddings
from picprocure.faces.vectors import normalize

SIZES = [1_000, 5_000, 20_000, 50_000, 200_000]
WITHIN_VARIANCE, WITHIN_DIRECTIONS = 0.045, 60
BETWEEN_VARIANCE, BETWEEN_DIRECTIONS = 0.117, 30
COMMON = 0.9
"""With these, distances are .30 ± .05 within a person and .56 ± .07 between two people, with a long
tail of similar strangers. All faces are around a common direction. Crops of Labeled Faces in the
Wild have .30 ± .05 and .56 ± .06."""
MAX_PHOTOS = 200
PHOTOS_OF_A_GUEST = 4
GUESTS = 500
FACE_PX = 100


@dataclass(frozen=True)
class MadeUpEvent:
    """Random faces. A few people are in up to 200 photos, and a photo shows one to six people."""

    embeddings: Embeddings
    photos: NDArray[np.int64]
    people: NDArray[np.int64]


def make_event(faces: int, seed: int = 0) -> MadeUpEvent:
    random = np.random.default_rng(seed)
    appearances = np.minimum(random.pareto(0.9, faces) + 1, MAX_PHOTOS).astype(int)
    people = random.permutation(np.repeat(np.arange(faces), appearances)[:faces])
    embeddings = _deviations(random, faces, WITHIN_VARIANCE, WITHIN_DIRECTIONS)
    embeddings *= random.uniform(0.7, 1.3, size=(faces, 1)).astype(np.float32)
    centers = _deviations(random, people.max() + 1, BETWEEN_VARIANCE, BETWEEN_DIRECTIONS)
    embeddings += centers[people]
    embeddings[:, -1] += COMMON
    photos = np.repeat(np.arange(faces), random.integers(1, 7, size=faces))[:faces]
    _, first = np.unique(np.stack([photos, people]), axis=1, return_index=True)
    twice = np.setdiff1d(np.arange(faces), first)
    photos[twice] = faces + np.arange(len(twice))  # no person is in a photo twice
    return MadeUpEvent(normalize(embeddings), photos, people)


def _deviations(
    random: np.random.Generator, count: int, variance: float, effective: float
) -> Embeddings:
    """Return normal values of this total variance, most of it in about `effective` dimensions."""
    variances = np.exp(-2 * np.arange(EMBEDDING_SIZE) / effective)
    scales = np.sqrt(variances * variance / variances.sum()).astype(np.float32)
    deviations = random.standard_normal((count, EMBEDDING_SIZE), dtype=np.float32)
    deviations *= scales
    return deviations


def threshold_among(event: MadeUpEvent) -> float:
    return DLIB.cluster_threshold_among(len(event.embeddings), shift=0.0)


def prepare_ours(event: MadeUpEvent) -> Callable[[], NDArray[np.int32]]:
    threshold = threshold_among(event)
    return lambda: cluster_faces(event.embeddings, event.photos, threshold=threshold)


def prepare_dlib(event: MadeUpEvent) -> Callable[[], NDArray[np.int32]]:
    descriptors = [dlib.vector(face) for face in event.embeddings.tolist()]
    threshold = threshold_among(event)
    return lambda: np.array(dlib.chinese_whispers_clustering(descriptors, threshold))


def prepare_sorting(event: MadeUpEvent) -> Callable[[], NDArray[np.int32]]:
    """Register people who are in several photos, with two of their faces as references."""
    random = np.random.default_rng(1)
    often = np.flatnonzero(np.bincount(event.people) >= PHOTOS_OF_A_GUEST)
    registered = []
    for key in random.permutation(often)[:GUESTS].tolist():
        own = random.choice(np.flatnonzero(event.people == key), 2, replace=False)
        registered.append(Person(key, event.embeddings[own]))
    boxes = side_by_side(event.photos)
    return lambda: (
        sort_faces(event.embeddings, event.photos, boxes, registered, thresholds=DLIB).clusters
    )


def side_by_side(photos: NDArray[np.int64]) -> list[Box]:
    """Return a box for each face. No two boxes in a photo overlap."""
    in_photo: Counter[int] = Counter()
    boxes = []
    for photo in photos.tolist():
        left = 2 * FACE_PX * in_photo[photo]
        boxes.append(Box(left, 0, left + FACE_PX, FACE_PX))
        in_photo[photo] += 1
    return boxes


WAYS = {"ours": prepare_ours, "dlib": prepare_dlib, "sorting": prepare_sorting}


def measure(way: str, faces: int) -> dict[str, float]:
    event = make_event(faces)
    run = WAYS[way](event)
    before = peak_mb()
    started = time.perf_counter()
    clusters = run()
    seconds = time.perf_counter() - started
    peak = peak_mb()  # before the figures below need memory of their own
    precision, recall = bcubed(clusters, event.people)
    return {
        "seconds": seconds,
        "peak_mb": peak,
        "before_mb": before,
        "precision": precision,
        "recall": recall,
    }


def peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measured_apart(way: str, faces: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", way, "--faces", str(faces)]
    result: dict[str, float] = json.loads(subprocess.check_output(command))
    return result


HEAD = (
    "| faces | ours | peak, of it input | B-cubed P, R | dlib | peak | B-cubed P, R | ratio "
    f"| sorting, {GUESTS} people | peak |\n|---|---|---|---|---|---|---|---|---|---|"
)


def row(faces: int, dlib_up_to: int) -> str:
    ours = measured_apart("ours", faces)
    theirs = measured_apart("dlib", faces) if faces <= dlib_up_to else None
    cells = [
        f"{faces:,}",
        f"{ours['seconds']:.2f} s",
        f"{ours['peak_mb']:,.0f} MB, {ours['before_mb']:,.0f} MB",
        f"{ours['precision']:.3f}, {ours['recall']:.3f}",
    ]
    if theirs:
        cells += [
            f"{theirs['seconds']:.2f} s",
            f"{theirs['peak_mb']:,.0f} MB",
            f"{theirs['precision']:.3f}, {theirs['recall']:.3f}",
            f"{theirs['seconds'] / ours['seconds']:.1f}×",
        ]
    else:
        cells += ["–"] * 4
    if faces <= max(SIZES):
        sorting = measured_apart("sorting", faces)
        cells += [f"{sorting['seconds']:.2f} s", f"{sorting['peak_mb']:,.0f} MB"]
    else:
        cells += ["–"] * 2
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--faces", type=int, nargs="+", default=SIZES)
    parser.add_argument("--dlib-up-to", type=int, default=20_000, metavar="FACES")
    parser.add_argument("--measure", choices=WAYS, help="one way, in this process, as JSON")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.faces[0])))
        return
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"{os.cpu_count()} cores, OMP_NUM_THREADS={threads}\n\n{HEAD}")
    for faces in options.faces:
        print(row(faces, options.dlib_up_to), flush=True)


if __name__ == "__main__":
    main()
