"""Real photos with free licenses, from package registries.

- `@vladmandic/face-api` (npm, MIT): six group photos. One woman is in the first (on the
  right) and in the third (in the middle). No other person is in two photos.
- `face_recognition` 1.3.0 (source distribution, MIT): official portraits of two US presidents,
  in the public domain.
"""

from __future__ import annotations

import io
from pathlib import Path

from django.conf import settings
from PIL import Image

# The face of the woman in the middle of the third group photo, with a margin.
WOMAN_IN_GROUP_3 = (1010, 60, 1440, 560)


class SamplesMissing(Exception):
    """The sample photos have not been downloaded."""


def group_photo(number: int) -> Path:
    """Return one of the six group photos, numbered from 1.

    Raises:
        SamplesMissing: The photo has not been downloaded.
    """
    return _existing(settings.ASSETS_DIR / f"@vladmandic/face-api/demo/sample{number}.jpg")


def portrait(name: str) -> Path:
    """Return a portrait: obama, obama2, obama3 or biden.

    Raises:
        SamplesMissing: The photo has not been downloaded.
    """
    return _existing(settings.SAMPLES_DIR / f"face_recognition-1.3.0/tests/test_images/{name}.jpg")


def portrait_of_woman() -> bytes:
    """Return a JPEG of the woman in group photos 1 and 3, cropped from the third."""
    out = io.BytesIO()
    with Image.open(group_photo(3)) as photo:
        photo.crop(WOMAN_IN_GROUP_3).save(out, "JPEG", quality=95)
    return out.getvalue()


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SamplesMissing(f"{path.name} is missing. Run `make demo`, which gets the photos.")
    return path
