"""Measure recall, false boxes and time of all detectors whose models are here.

    python benchmarks/detection.py PHOTOS [--models FOLDER]

PHOTOS has labeled group photos and `boxes.json`: {photo: {"faces": [[left, top, width, height],
...], "ignore": [...]}}. They are searched as they are, and also side by side in JPEG files of 12
and 24 megapixels, to see whether small faces are lost in large photos. Times are processor times on
one core, for decoding and searching. They depend on the machine, so they are compared with those of
the first detector.
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

from picprocure.faces.detectors import DETECTORS, Detector
from picprocure.faces.errors import ModelError
from picprocure.faces.evaluation import detection_quality, labeled_box
from picprocure.faces.types import Box
from picprocure.imaging.loading import load_for_search

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from picprocure.imaging.loaded_image import Pixels

MIN_USEFUL_PX = 32
CANVASES = {"12 megapixels": (4000, 3000), "24 megapixels": (6000, 4000)}


@dataclass
class LabeledPhoto:
    pixels: Pixels
    faces: list[Box]
    ignored: list[Box]


@dataclass
class Tally:
    """The results of a detector.

    Attributes:
        found: The width of each face, in pixels, and whether it was found.
        false_boxes: Boxes that show no face.
        seconds: Processor time.
        photos: The number of photos.
    """

    found: list[tuple[int, bool]] = field(default_factory=list)
    false_boxes: int = 0
    seconds: float = 0.0
    photos: int = 0

    def recall(self, min_px: int = 0) -> float:
        """Return the share of faces of at least this width that were found."""
        hits = [hit for width, hit in self.found if width >= min_px]
        return sum(hits) / max(1, len(hits))

    @property
    def false_per_100(self) -> float:
        return 100 * self.false_boxes / max(1, len(self.found))

    @property
    def milliseconds(self) -> float:
        return 1000 * self.seconds / max(1, self.photos)


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
        quality = detection_quality(found, photo.faces, photo.ignored)
        tally.found += zip((face.width for face in photo.faces), quality.hits, strict=True)
        tally.false_boxes += quality.false_boxes
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
            [labeled_box(box) for box in boxes["faces"]],
            [labeled_box(box) for box in boxes.get("ignore", [])],
        )
        for name, boxes in sorted(labels.items())
    ]


def laid_out(photos: Sequence[LabeledPhoto], width: int, height: int) -> list[LabeledPhoto]:
    """Put all photos in their own size on canvases, in rows."""
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
    """Return the detectors whose models are here."""
    detectors = []
    for name in DETECTORS.names:
        try:
            detectors.append(DETECTORS.named(name, models))
        except ModelError as problem:
            print(f"{name} is left out: {problem}")
    return detectors


def report(title: str, photos: Sequence[LabeledPhoto], detectors: Sequence[Detector]) -> None:
    faces = [face for photo in photos for face in photo.faces]
    useful = sum(face.width >= MIN_USEFUL_PX for face in faces)
    print(f"\n{title}: {len(photos)} photos, {len(faces)} faces, {useful} of 32 pixels or more\n")
    print("| detector | recall | recall, 32 px or more | false per 100 | ms a photo | time |")
    print("|---|---|---|---|---|---|")
    first = None
    for detector in detectors:
        tally = tallied(detector, photos)
        first = first or tally.milliseconds
        print(
            f"| {detector.name} | {tally.recall():.3f} | {tally.recall(MIN_USEFUL_PX):.3f} "
            f"| {tally.false_per_100:.1f} | {tally.milliseconds:.0f} "
            f"| {tally.milliseconds / first:.1f}× |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--models", type=Path, help="folder of the detectors' models")
    options = parser.parse_args()
    detectors = present(options.models)
    photos = labeled_photos(options.photos)
    tallied(detectors[0], photos[:1])  # warm up
    report("As they are", photos, detectors)
    for title, (width, height) in CANVASES.items():
        report(f"On canvases of {title}", laid_out(photos, width, height), detectors)


if __name__ == "__main__":
    main()
