"""Measure what decoding in another process costs: an upload of 12 megapixels, and a camera frame.

    python benchmarks/decoding.py

Each way is measured in turn in one run. Times are processor times of both processes together.
"""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from picprocure.imaging.sandbox import decoder
from picprocure.photos.intake import PhotoLimits, clean_photo, receive

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 100
PHOTO: Final = Path("node_modules/@vladmandic/face-api/demo/sample6.jpg")
LIMITS: Final = PhotoLimits(max_bytes=25_000_000, max_pixels=100_000_000)


def main() -> None:
    if not PHOTO.is_file():
        sys.exit("The sample photos are missing; `make demo` gets them.")
    for name, size in (("photo", (4_000, 3_000)), ("frame", (480, 360))):
        content = jpeg(size)
        child, place = measured(content)
        print(f"{name}: here {place:.1f} ms, in a child {child:.1f} ms, {child / place:.2f} times")


def jpeg(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    with Image.open(PHOTO) as photo:
        photo.convert("RGB").resize(size).save(out, "JPEG", quality=90)
    return out.getvalue()


def measured(content: bytes) -> tuple[float, float]:
    """Return milliseconds in a child process, and in this process."""

    def in_child() -> None:
        receive(io.BytesIO(content), name="a.jpg", size=len(content), limits=LIMITS)

    def in_place() -> None:
        clean_photo(content, "a.jpg", LIMITS)

    for warm in (in_child, in_place):
        warm()
    in_child_seconds = in_place_seconds = 0.0
    for _ in range(ROUNDS):
        in_child_seconds += seconds_of(in_child)
        in_place_seconds += seconds_of(in_place)
    return 1000 * in_child_seconds / ROUNDS, 1000 * in_place_seconds / ROUNDS


def seconds_of(action: Callable[[], None]) -> float:
    start = time.process_time() + child_seconds()
    action()
    return time.process_time() + child_seconds() - start


def child_seconds() -> float:
    with decoder() as decode:
        return decode(0, time.process_time)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
