from __future__ import annotations

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from picprocure.faces.detectors import DETECTORS, detector_named
from picprocure.faces.engine import DlibEngine, analyze_photo
from picprocure.faces.models import registry
from picprocure.photos.renditions import make_renditions

REPO = Path(__file__).parents[2]
GROUP_PHOTO = REPO / "node_modules/@vladmandic/face-api/demo/sample1.jpg"
TEST_MODELS = Path(os.environ.get("PICPROCURE_TEST_MODELS", REPO.parent / "shared/models"))
FOLDERS = (TEST_MODELS, REPO / "var/models", registry.default_models_dir())


def _detector(name: str) -> Any:
    needed = [model for model in registry.MODELS if model.name == name]
    for folder in FOLDERS:
        if all(registry.is_here(model, folder) for model in needed):
            return detector_named(name, folder)
    pytest.skip(f"{name} is not here")


@pytest.mark.engine
@pytest.mark.parametrize("name", DETECTORS)
def test_the_analysis_of_a_photo_takes_one_core(name: str) -> None:
    """There is a process for each core: one that started threads would take others' time."""
    engine = DlibEngine(detector=_detector(name))
    photo = GROUP_PHOTO.read_bytes()

    def work() -> None:
        make_renditions(io.BytesIO(photo), name="a", max_sides=(2048, 400), max_pixels=10**7)
        assert analyze_photo(engine, io.BytesIO(photo), name="a", max_pixels=10**7)

    assert _share_of_other_threads(work) < 0.1


def test_threads_would_be_seen() -> None:
    """Or the test above could not fail."""

    picture = Image.fromarray(np.zeros((2000, 2000, 3), dtype=np.uint8))

    def work() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda side: picture.resize((side, side)), (1900, 1901)))

    assert _share_of_other_threads(work) > 0.5


def _share_of_other_threads(work: Any) -> float:
    """Of the processor's time that the work took."""
    work()  # weights are read, pools are made
    all_before, mine_before = time.process_time(), time.thread_time()
    work()
    everything = time.process_time() - all_before
    return 1 - (time.thread_time() - mine_before) / everything
