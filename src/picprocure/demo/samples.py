"""Real photos with free licenses, from packages that a registry serves.

- `@vladmandic/face-api` (npm, MIT): six group photos. One woman stands in the first (on the
  right) and in the third (in the middle); nobody else stands in two.
- `face_recognition` 1.3.0 (source distribution, MIT): official portraits of two US presidents,
  in the public domain.
"""

from __future__ import annotations

import io
from pathlib import Path

from django.conf import settings
from PIL import Image

# The face of the woman in the middle of the third group photo, with some room around it.
WOMAN_IN_GROUP_3 = (1010, 60, 1440, 560)


class SamplesMissing(Exception):
    """The sample photos have not been prepared."""


def group_photo(number: int) -> Path:
    """One of the six group photos, 1 to 6."""
    return _existing(settings.ASSETS_DIR / f"@vladmandic/face-api/demo/sample{number}.jpg")


def portrait(name: str) -> Path:
    """One of obama, obama2, obama3, biden."""
    return _existing(settings.SAMPLES_DIR / f"face_recognition-1.3.0/tests/test_images/{name}.jpg")


def woman_of_groups_1_and_3() -> bytes:
    """A JPEG that shows her alone, cut out of the third group photo."""
    out = io.BytesIO()
    with Image.open(group_photo(3)) as photo:
        photo.crop(WOMAN_IN_GROUP_3).save(out, "JPEG", quality=95)
    return out.getvalue()


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SamplesMissing(f"{path.name} is missing. Run `make demo`, which gets the photos.")
    return path
