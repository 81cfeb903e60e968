"""Recall, false boxes and time of every detector that is here, side by side.

    python benchmarks/detection.py PHOTOS [--models FOLDER]

PHOTOS holds labeled group photos and `boxes.json`: {photo: {"faces": [[left, top, width, height],
...], "ignore": [...]}}. They are searched as they are, and laid out side by side in JPEG files of
12 and 24 megapixels, where small faces must not be lost for the size of the photo. Times are of the
processor, on one core, for decoding and searching, and stand beside the first detector's, for they
depend on the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from picprocure.faces.detectors import DETECTORS, Detector, detector_named
from picprocure.faces.errors import ModelError
from picprocure.faces.image import load_for_search
from picprocure.faces.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from picprocure.faces.types import Pixels

MIN_OVERLAP = 0.4
LEAST_USEFUL_PX = 32
CANVASES = {"12 megapixels": (4000, 3000), "24 megapixels": (6000, 4000)}


@dataclass
class LabeledPhoto:
    pixels: Pixels
    faces: list[Box]
    ignored: list[Box]


@dataclass
class Tally:
    """``found`` holds the width of each face in pixels and whether it was found."""

    found: list[tuple[int, bool]] = field(default_factory=list)
    false_boxes: int = 0
    seconds: float = 0.0
    photos: int = 0

    def recall(self, least_px: int = 0) -> float:
        hits = [hit for width, hit in self.found if width >= least_px]
        return sum(hits) / max(1, len(hits))

    @property
    def false_per_100(self) -> float:
        return 100 * self.false_boxes / max(1, len(self.found))

    @property
    def milliseconds(self) -> float:
        return 1000 * self.seconds / max(1, self.photos)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0, width) * max(0, height)
    return shared / (one.area + other.area - shared)


def share_inside(box: Box, region: Box) -> float:
    width = min(box.right, region.right) - max(box.left, region.left)
    height = min(box.bottom, region.bottom) - max(box.top, region.top)
    return max(0, width) * max(0, height) / max(1, box.area)


def pairs(found: Sequence[Box], faces: Sequence[Box]) -> list[tuple[int, int]]:
    """Which found box is which face, the best overlaps first, each at most once."""
    by_overlap = sorted(
        ((overlap(a, b), i, j) for i, a in enumerate(found) for j, b in enumerate(faces)),
        reverse=True,
    )
    chosen: dict[int, int] = {}
    for value, i, j in by_overlap:
        if value >= MIN_OVERLAP and i not in chosen and j not in chosen.values():
            chosen[i] = j
    return list(chosen.items())


def tallied(detector: Detector, photos: Iterable[LabeledPhoto]) -> Tally:
    tally = Tally()
    for photo in photos:
        stored = _as_jpeg(photo.pixels)
        start = time.process_time()
        image = load_for_search(stored, name="photo", max_pixels=photo.pixels.size)
        detections = detector.find(image.pixels, reduction=image.reduction)
        tally.seconds += time.process_time() - start
        found = [detection.box.scaled(image.reduction) for detection in detections]
        tally.photos += 1
        matched = pairs(found, photo.faces)
        hit = {face for _, face in matched}
        tally.found += [(face.width, j in hit) for j, face in enumerate(photo.faces)]
        rest = set(range(len(found))) - {i for i, _ in matched}
        tally.false_boxes += sum(
            not any(share_inside(found[i], region) > MIN_OVERLAP for region in photo.ignored)
            for i in rest
        )
    return tally


def _as_jpeg(pixels: Pixels) -> io.BytesIO:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=95)
    stored.seek(0)
    return stored


def labeled_photos(folder: Path) -> list[LabeledPhoto]:
    labels = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
    return [
        LabeledPhoto(
            np.asarray(Image.open(folder / name).convert("RGB")),
            [_box(*box) for box in boxes["faces"]],
            [_box(*box) for box in boxes.get("ignore", [])],
        )
        for name, boxes in sorted(labels.items())
    ]


def _box(left: float, top: float, width: float, height: float) -> Box:
    return Box(round(left), round(top), round(left + width), round(top + height))


def laid_out(photos: Sequence[LabeledPhoto], width: int, height: int) -> list[LabeledPhoto]:
    """All photos in their own size, in rows, on as many canvases as it takes."""
    canvases, x, y, row = [_empty(width, height)], 0, 0, 0
    for photo in photos:
        own_height, own_width = photo.pixels.shape[:2]
        if x + own_width > width:
            x, y, row = 0, y + row, 0
        if y + own_height > height:
            canvases.append(_empty(width, height))
            x, y, row = 0, 0, 0
        canvas = canvases[-1]
        canvas.pixels[y : y + own_height, x : x + own_width] = photo.pixels
        canvas.faces += [_moved(box, x, y) for box in photo.faces]
        canvas.ignored += [_moved(box, x, y) for box in photo.ignored]
        x, row = x + own_width, max(row, own_height)
    return canvases


def _empty(width: int, height: int) -> LabeledPhoto:
    return LabeledPhoto(np.full((height, width, 3), 128, dtype=np.uint8), [], [])


def _moved(box: Box, x: int, y: int) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def present(models: Path | None) -> list[Detector]:
    detectors = []
    for name in DETECTORS:
        try:
            detectors.append(detector_named(name, models))
        except ModelError as problem:
            print(f"{name} is left out: {problem}")
    return detectors


def report(title: str, photos: Sequence[LabeledPhoto], detectors: Sequence[Detector]) -> None:
    faces = [face for photo in photos for face in photo.faces]
    useful = sum(face.width >= LEAST_USEFUL_PX for face in faces)
    print(f"\n{title}: {len(photos)} photos, {len(faces)} faces, {useful} of 32 pixels or more")
    print(f"{'':12}{'recall':>8}{'>= 32 px':>10}{'false/100':>11}{'ms/photo':>10}{'time':>7}")
    first = None
    for detector in detectors:
        tally = tallied(detector, photos)
        first = first or tally.milliseconds
        print(
            f"{detector.name:12}{tally.recall():8.3f}{tally.recall(LEAST_USEFUL_PX):10.3f}"
            f"{tally.false_per_100:11.1f}{tally.milliseconds:10.0f}"
            f"{tally.milliseconds / first:6.1f}x"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    options = parser.parse_args()
    detectors = present(options.models)
    photos = labeled_photos(options.photos)
    tallied(detectors[0], photos[:1])  # warm
    report("As they are", photos, detectors)
    for title, (width, height) in CANVASES.items():
        report(f"On canvases of {title}", laid_out(photos, width, height), detectors)


if __name__ == "__main__":
    main()
