from __future__ import annotations

import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faces.synthetic import large_event
from picprocure.faces.engine import ComposedEngine, analyze_photo
from picprocure.faces.sorting import sort_faces
from picprocure.faces.thresholds import DLIB
from picprocure.photos.renditions import make_renditions
from real_engines import best_engine, dlib_engine

REPO = Path(__file__).parents[2]
GROUP_PHOTO = REPO / "node_modules/@vladmandic/face-api/demo/sample1.jpg"


@pytest.mark.engine
@pytest.mark.parametrize("engine", [dlib_engine, best_engine])
def test_analysis_of_a_photo_uses_one_core(engine: Callable[[], ComposedEngine]) -> None:
    """There is one worker process for each core, so threads would take time from other workers."""
    photo = GROUP_PHOTO.read_bytes()

    def run() -> None:
        make_renditions(io.BytesIO(photo), name="a", max_sides=(2048, 400), max_pixels=10**7)
        assert analyze_photo(engine(), io.BytesIO(photo), name="a", max_pixels=10**7)

    assert _share_of_other_threads(run) < 0.1


def test_sorting_an_event_uses_one_core() -> None:
    """Threads of OpenBLAS would spin while they wait, and take the time of other workers."""
    event = large_event(faces=1_000, people=50, seed=0)

    def run() -> None:
        sort_faces(event.embeddings, event.photos, None, event.registered, thresholds=DLIB)

    assert _share_of_other_threads(run) < 0.1


def test_other_threads_are_measured() -> None:
    """The test above could fail."""
    picture = Image.fromarray(np.zeros((2000, 2000, 3), dtype=np.uint8))

    def run() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda side: picture.resize((side, side)), (1900, 1901)))

    assert _share_of_other_threads(run) > 0.5


def _share_of_other_threads(run: Any) -> float:
    """Return the share of processor time that other threads than this one took."""
    run()  # reads weights and creates pools
    process_start, thread_start = time.process_time(), time.thread_time()
    run()
    process_seconds = time.process_time() - process_start
    return 1 - (time.thread_time() - thread_start) / process_seconds
