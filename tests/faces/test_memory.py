"""The memory of a worker, for all kinds of photos."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from picprocure.faces.detectors import DETECTORS, REGISTRY

from .conftest import model_or_skip

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory"),
]

MAX_MEGABYTES = 750


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_photos_of_24_megapixels_leave_room_in_a_worker(
    detector: str,
    kind: str,
    group_photo: Callable[[int], Path],
    tmp_path: Path,
    models_dir: Path,
) -> None:
    path = tmp_path / f"large.{kind.lower()}"
    with Image.open(group_photo(6)) as photo:
        large = photo.convert("RGB").resize((6000, 4000))
        large.paste(photo.resize((480, 320)), (100, 100))  # with faces that need detail
    large.save(path, kind)
    faces, megabytes = analyzed(path, detector, folder_of(detector, models_dir))
    assert faces >= 4
    assert megabytes < MAX_MEGABYTES


def folder_of(detector: str, models_dir: Path) -> Path:
    (entry,) = (entry for entry in REGISTRY if entry.name == detector)
    return models_dir if entry.model is None else model_or_skip(entry.model, models_dir).parent


def analyzed(path: Path, detector: str, models: Path) -> tuple[int, int]:
    """Return how many faces a new process found, and its peak memory in megabytes."""
    script = f"""
        from pathlib import Path
        from picprocure.faces.detectors import detector_named
        from picprocure.faces.engine import DlibEngine, analyze_photo
        engine = DlibEngine(detector_named({detector!r}, Path({str(models)!r})))
        faces = analyze_photo(engine, Path({str(path)!r}), name="large", max_pixels=50_000_000)
        lines = Path("/proc/self/status").read_text().splitlines()
        print(len(faces), next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True, text=True
    )
    faces, kilobytes = ran.stdout.split()
    return int(faces), int(kilobytes) // 1000
