"""Free portraits, the same as for the tests of faces, but small: dlib's detector takes long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

PORTRAITS = Path(__file__).parents[2] / "var/photos/face_recognition-1.3.0/tests/test_images"


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Portraits: obama and obama2 show one man, biden another."""
    folder = tmp_path_factory.mktemp("portraits")

    def small_copy(name: str) -> Path:
        path = folder / f"{name}.jpg"
        with Image.open(PORTRAITS / path.name) as picture:
            picture.thumbnail((800, 800))
            picture.save(path, quality=95)
        return path

    return small_copy
