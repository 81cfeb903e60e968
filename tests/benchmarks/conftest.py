"""Free portraits, the same as for the tests of faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PORTRAITS = Path(__file__).parents[2] / "var/photos/face_recognition-1.3.0/tests/test_images"


@pytest.fixture(scope="session")
def portrait() -> Callable[[str], Path]:
    """Portraits: obama and obama2 show one man, biden another."""
    return lambda name: PORTRAITS / f"{name}.jpg"
