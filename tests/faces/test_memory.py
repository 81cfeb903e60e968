"""The memory of a worker, for all kinds of photos."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.models import registry
from real_engines import MODELS_DIR, model_or_skip

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory"),
]

MAX_MEGABYTES = 750

OTHERS = [pytest.param(name, marks=pytest.mark.soak) for name in DETECTORS.names[1:]]


@pytest.mark.parametrize("detector", [DETECTORS.best, *OTHERS])
def test_photos_of_24_megapixels_leave_room_in_a_worker(
    detector: str, large_photos: list[Path]
) -> None:
    faces, megabytes = analyzed(large_photos, detector)
    assert min(faces) >= 4
    assert megabytes < MAX_MEGABYTES


@pytest.fixture(scope="module")
def large_photos(
    group_photo: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Return a JPEG, which is decoded at half its size first, and a TIFF."""
    folder = tmp_path_factory.mktemp("large")
    with Image.open(group_photo(6)) as photo:
        large = photo.convert("RGB").resize((6000, 4000))
        large.paste(photo.resize((480, 320)), (100, 100))  # with faces that need detail
    paths = [folder / "large.jpeg", folder / "large.tiff"]
    for path in paths:
        large.save(path)
    return paths


def analyzed(paths: list[Path], detector: str) -> tuple[list[int], int]:
    """Let a new process find faces, as a worker does in one photo after another.

    Returns:
        How many faces are in each photo, and the peak memory of the process in megabytes.
    """
    for model in registry.MODELS:
        if model.name in {detector, EMBEDDERS.best}:
            model_or_skip(model)
    script = f"""
        from pathlib import Path
        from picprocure.faces.detectors import DETECTORS
        from picprocure.faces.engine import ComposedEngine, analyze_photo
        from picprocure.faces.embedding import EMBEDDERS
        models = Path({str(MODELS_DIR)!r})
        engine = ComposedEngine(
            DETECTORS.named({detector!r}, models), EMBEDDERS.named(EMBEDDERS.best, models)
        )
        for path in {[str(path) for path in paths]!r}:
            print(len(analyze_photo(engine, Path(path), name="large", max_pixels=50_000_000)))
        lines = Path("/proc/self/status").read_text().splitlines()
        print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True, text=True
    )
    *faces, kilobytes = map(int, ran.stdout.split())
    return faces, kilobytes // 1000
