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


@pytest.mark.parametrize("detector", DETECTORS.names)
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_photos_of_24_megapixels_leave_room_in_a_worker(
    detector: str,
    kind: str,
    group_photo: Callable[[int], Path],
    tmp_path: Path,
) -> None:
    path = tmp_path / f"large.{kind.lower()}"
    with Image.open(group_photo(6)) as photo:
        large = photo.convert("RGB").resize((6000, 4000))
        large.paste(photo.resize((480, 320)), (100, 100))  # with faces that need detail
    large.save(path, kind)
    faces, megabytes = analyzed(path, detector)
    assert faces >= 4
    assert megabytes < MAX_MEGABYTES


def analyzed(path: Path, detector: str) -> tuple[int, int]:
    """Return how many faces a new process found, and its peak memory in megabytes."""
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
        faces = analyze_photo(engine, Path({str(path)!r}), name="large", max_pixels=50_000_000)
        lines = Path("/proc/self/status").read_text().splitlines()
        print(len(faces), next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True, text=True
    )
    faces, kilobytes = ran.stdout.split()
    return int(faces), int(kilobytes) // 1000
