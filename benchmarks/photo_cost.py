"""Measure the time for a photo by its size and its number of faces, in one process and in two.

    python benchmarks/photo_cost.py [PHOTOS] [--models FOLDER] [--detectors auto hog]

This measures elapsed time from the file to the embeddings, in processes that have loaded the
models. The photos are crowds (see `sample_photos.py`) of the faces in PHOTOS, or of free ones. Each
round measures each size with each number of faces. The medians of the rounds are printed.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from engines import EngineChoice, EnginePool
from picprocure.faces.engine import analyze_photo
from sample_photos import SIZES, SamplePhotos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from picprocure.faces.engine import FaceEngine

MEASURED_SIZES: Final = ("1MP", "3MP", "6MP", "12MP", "24MP")
FACES: Final = (0, 1, 5, 20, 50)
PHOTOS_EACH: Final = 4
MAX_PIXELS: Final = 50_000_000

Case = tuple[str, int, int]
"""A size, the number of faces, and the number of processes."""


def count_faces(engine: FaceEngine, photo: Path) -> int:
    return len(analyze_photo(engine, photo, name=photo.name, max_pixels=MAX_PIXELS))


def measured(
    choice: EngineChoice, photos: dict[tuple[str, int], list[Path]], options: argparse.Namespace
) -> dict[Case, float]:
    """Return the milliseconds for a photo in each case."""
    milliseconds: dict[Case, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        pools = {n: stack.enter_context(EnginePool(choice, n)) for n in options.processes}
        for pool in pools.values():
            pool.map(count_faces, photos["1MP", 5])
        for _, (size, faces) in product(range(options.rounds), photos):
            files = photos[size, faces]
            for processes, pool in pools.items():
                start = time.perf_counter()
                pool.map(count_faces, files)
                seconds = time.perf_counter() - start
                milliseconds[size, faces, processes].append(1000 * seconds / len(files))
    return {case: median(each) for case, each in milliseconds.items()}


def rows(detector: str, processes: int, milliseconds: dict[Case, float]) -> Iterator[str]:
    several = f"{processes} process" + "es" * (processes > 1)
    yield f"| {detector}, {several} | " + " | ".join(f"faces: {n}" for n in FACES) + " |"
    yield "|---" * (1 + len(FACES)) + "|"
    for size in MEASURED_SIZES:
        cells = (f"{milliseconds[size, faces, processes]:.0f} ms" for faces in FACES)
        yield f"| {size} | {' | '.join(cells)} |"


def main() -> None:
    options = parsed_options()
    samples = SamplePhotos.of(options.photos)
    photos = {
        (size, faces): sorted(samples.crowds(SIZES[size], faces, PHOTOS_EACH).iterdir())
        for size, faces in product(MEASURED_SIZES, FACES)
    }
    for detector in options.detectors:
        milliseconds = measured(EngineChoice(detector, options.models), photos, options)
        for processes in options.processes:
            print("\n" + "\n".join(rows(detector, processes, milliseconds)), flush=True)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    parser.add_argument("--detectors", nargs="+", default=["auto"])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
