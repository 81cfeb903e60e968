"""Measure the time to embed a face, compared with dlib and with the arithmetic alone.

    python benchmarks/embedding.py [--threads 1 2] [--rounds 15]

The floor is a large product of float32 matrices in NumPy, on as many threads, scaled to the 0.271
billion multiplications and additions of one face. Each round measures the floor and then each case,
so a busy machine changes both. The medians of the rounds are printed. One thread is measured in
processor time, several in elapsed time.

OpenBLAS, which NumPy uses, must know the processor. If it takes one with AVX-512 for an older one,
the product takes twice as long, and the ratios are half of what they should be. So three ways are
tried, and the fastest one is the floor: what the environment says (`OPENBLAS_CORETYPE`), what
OpenBLAS guesses, and AVX-512.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Final, TypeAlias

import dlib
import numpy as np

from picprocure.faces.embedding.dlib_resnet import ResnetEmbedder
from picprocure.faces.embedding.embedder import Chips
from picprocure.faces.models import registry
from picprocure.faces.models.dlib_weights import CHIP_SIDE
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import Pixels

PRODUCTS_A_FACE: Final = 0.271e9
MATRIX_SIDE: Final = 1024
BATCHES: Final = (1, 8, 32)
CHIPS_A_MEASUREMENT: Final = 32
DLIB: Final = "dlib's network, 1 chip"
DLIB_EVERY: Final = 5
"""dlib takes as long as everything else together, so it is measured in one of so many rounds."""
CORE_TYPE: Final = "OPENBLAS_CORETYPE"
CORE_TYPES: Final = (os.environ.get(CORE_TYPE, ""), "", "SKYLAKEX")
"""An empty text lets OpenBLAS guess."""

Clock: TypeAlias = Callable[[], float]
Case: TypeAlias = tuple[str, int, Callable[[], object]]
"""A name, the number of chips, and the call that is measured."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--floor", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        print(min(floor_seconds(time.process_time) for _ in range(3)))
        return
    if options.here:
        measure(options.threads[0], options.rounds)
        return
    for threads in options.threads:
        measure_in_own_process(threads, options.rounds)


def measure_in_own_process(threads: int, rounds: int) -> None:
    """Measure in another process, since OpenBLAS reads its settings when NumPy is imported."""
    limits = {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    fastest = min(dict.fromkeys(CORE_TYPES), key=lambda core: floor_with(core, limits))
    command = [sys.executable, __file__, "--here", f"--threads={threads}", f"--rounds={rounds}"]
    subprocess.run(command, env=os.environ | limits | {CORE_TYPE: fastest}, check=True)


def floor_with(core_type: str, limits: dict[str, str]) -> float:
    """Return the seconds of the floor, or infinity if the processor lacks the instructions."""
    run = subprocess.run(
        [sys.executable, __file__, "--floor"],
        env=os.environ | limits | {CORE_TYPE: core_type},
        capture_output=True,
        check=False,
    )
    return float(run.stdout) if run.returncode == 0 else math.inf


def measure(threads: int, rounds: int) -> None:
    clock = time.process_time if threads == 1 else time.perf_counter
    cases = network_cases(threads)
    if threads == 1:
        cases += [dlib_case(), *chip_cases()]
    milliseconds, ratios = defaultdict(list), defaultdict(list)
    for number in range(rounds):
        floor = floor_seconds(clock)
        milliseconds["floor"].append(1000 * floor)
        for name, chips, call in cases:
            if name == DLIB and number % DLIB_EVERY:
                continue
            seconds = timed(call, clock) / chips
            milliseconds[name].append(1000 * seconds)
            ratios[name].append(seconds / floor)
    core = os.environ.get(CORE_TYPE) or "as OpenBLAS guesses"
    print(f"\n| {threads} thread{'s' * (threads > 1)} | ms a face | times the floor |")
    print("|---|---|---|")
    print(f"| floor ({core}) | {median(milliseconds['floor']):.2f} | 1 |")
    for name, _, _ in cases:
        print(f"| {name} | {median(milliseconds[name]):.2f} | {median(ratios[name]):.2f} |")


def network_cases(threads: int) -> list[Case]:
    """Return cases of the network alone, on chips that are cut already."""
    pixels = np.random.default_rng(0).integers(
        0, 256, (max(BATCHES), CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8
    )
    cases: list[Case] = []
    for mirror in (False, True):
        embedder = ResnetEmbedder(mirror=mirror, intra_op_num_threads=threads)
        for batch in BATCHES:
            repetitions = CHIPS_A_MEASUREMENT // batch
            name = f"{batch} chip{'s' * (batch > 1)} at a time{', with mirror' * mirror}"
            cases.append(
                (name, CHIPS_A_MEASUREMENT, embedding(embedder, pixels[:batch], repetitions))
            )
    return cases


def embedding(embedder: ResnetEmbedder, chips: Chips, repetitions: int) -> Callable[[], object]:
    return lambda: [embedder.embed_chips(chips) for _ in range(repetitions)]


def dlib_case() -> Case:
    network = dlib.face_recognition_model_v1(str(registry.resnet_path()))
    chip = np.random.default_rng(0).integers(0, 256, (CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
    return DLIB, 1, lambda: network.compute_face_descriptor(chip)


def chip_cases() -> list[Case]:
    """Return cases of finding the landmarks and cutting the chip, which come before the network."""
    embedder = ResnetEmbedder()
    cases: list[Case] = []
    for side in (80, 320, 960):
        pixels = np.random.default_rng(side).integers(0, 256, (3 * side,) * 2 + (3,), np.uint8)
        cases.append(
            (f"landmarks and chip, face of {side} px", 16, cutting(embedder, pixels, side))
        )
    return cases


def cutting(embedder: ResnetEmbedder, pixels: Pixels, side: int) -> Callable[[], object]:
    return lambda: embedder.chips(pixels, [Box(side, side, 2 * side, 2 * side)] * 16)


def floor_seconds(clock: Clock) -> float:
    matrix = np.random.default_rng(0).random((MATRIX_SIDE, MATRIX_SIDE), dtype=np.float32)
    matrix @ matrix
    repetitions = 8
    seconds = timed(lambda: [matrix @ matrix for _ in range(repetitions)], clock) / repetitions
    return seconds * PRODUCTS_A_FACE / MATRIX_SIDE**3


def timed(call: Callable[[], object], clock: Clock) -> float:
    start = clock()
    call()
    return clock() - start


if __name__ == "__main__":
    main()
