"""Photos to measure time with, made of real group photos.

By default of the six that come with the npm package `@vladmandic/face-api` (`make demo` gets it).
Each cut a little, mirrored or not, enlarged to the size that is asked for and given the grain of a
camera, they make any number of different photos of 3 to 5 faces that weigh what a camera's do. A
crowd has as many of their faces as are asked for, in front of nothing. All are kept in
`build/photos`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from PIL import Image, ImageOps

from picprocure.faces.detectors.hog import HogDetector

if TYPE_CHECKING:
    from collections.abc import Callable

    from picprocure.faces.types import Box

ROOT: Final = Path(__file__).parents[1]
GROUP_PHOTOS: Final = ROOT / "node_modules/@vladmandic/face-api/demo"
KEPT_IN: Final = ROOT / "build/photos"
QUALITY: Final = 90
GRAIN: Final = 6.0
"""Standard deviation, of 255: a photo of 12 megapixels then weighs about 4 MB."""
GRAIN_SIDE: Final = 512

SIZES: Final = {
    "1MP": (1152, 864),
    "1600px": (1600, 1200),
    "3MP": (2000, 1500),
    "6MP": (2828, 2121),
    "12MP": (4000, 3000),
    "24MP": (5656, 4242),
}
MIN_SHOWN: Final = 0.92
"""Of a side of the group photo."""
FACE_CUT: Final = 1.6
"""Side of what is cut out around a face, in sides of its box."""
CUT_OUT_SHARE: Final = (0.08, 0.11)
"""Side of such a piece in a crowd, in widths of the photo: the face is .05 to .07 of it wide."""
CELL_FILLED: Final = 0.95
PROFILE_PX: Final = 400

Size = tuple[int, int]


class NoGroupPhotos(Exception):
    """There is nothing to make photos of."""


@dataclass(frozen=True, slots=True)
class SamplePhotos:
    """Makes them, or takes those that were made before."""

    sources: tuple[Path, ...]

    @classmethod
    def of(cls, folder: Path | None) -> Self:
        """Of the JPEGs in a folder. Raises ``NoGroupPhotos``."""
        found = sorted((folder or GROUP_PHOTOS).glob("*.jp*g"))
        if not found:
            raise NoGroupPhotos(
                f"there are no JPEGs in {folder or GROUP_PHOTOS}: "
                "`make demo` gets some, or name a folder of group photos"
            )
        return cls(tuple(found))

    def groups(self, size: Size, count: int) -> Path:
        """A folder of so many different group photos, the sources taking turns."""

        def make(number: int) -> Image.Image:
            random = np.random.default_rng(number)
            with Image.open(self.sources[number % len(self.sources)]) as source:
                return _grainy(_varied(source.convert("RGB"), size, random), random)

        return self._made(f"groups-{size[0]}x{size[1]}-{count}", count, make)

    def crowds(self, size: Size, faces: int, count: int) -> Path:
        """A folder of so many photos with so many faces in each."""

        def make(number: int) -> Image.Image:
            random = np.random.default_rng(number)
            chosen = random.integers(len(cut_out), size=faces)
            return _grainy(_crowd([cut_out[index] for index in chosen], size, random), random)

        cut_out = self.cut_out_faces()
        return self._made(f"crowds-{faces}-{size[0]}x{size[1]}-{count}", count, make)

    def profiles(self) -> Path:
        """A folder with a photo of each face alone."""
        cut_out = self.cut_out_faces()
        side = PROFILE_PX, PROFILE_PX
        return self._made("profiles", len(cut_out), lambda number: cut_out[number].resize(side))

    def cut_out_faces(self) -> list[Image.Image]:
        detector, cut_out = HogDetector(), []
        for source in self.sources:
            with Image.open(source) as opened:
                picture = opened.convert("RGB")
            boxes = [found.box for found in detector.find(np.array(picture))]
            cut_out += [picture.crop(_around(box)) for box in boxes]
        return cut_out

    def _made(self, name: str, count: int, make: Callable[[int], Image.Image]) -> Path:
        names = [source.name for source in self.sources]
        folder = KEPT_IN / sha256(repr(names).encode()).hexdigest()[:8] / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            file = folder / f"{number:04d}.jpg"
            if not file.exists():
                being_written = file.with_suffix(".part")
                make(number).save(being_written, "JPEG", quality=QUALITY)
                being_written.replace(file)
        return folder


def _varied(source: Image.Image, size: Size, random: np.random.Generator) -> Image.Image:
    """Cut to the shape of the size at a random place, mirrored or not, and enlarged to it."""
    width, height = source.size
    scale = min(width / size[0], height / size[1]) * random.uniform(MIN_SHOWN, 1)
    shown = size[0] * scale, size[1] * scale
    left, top = random.uniform(0, width - shown[0]), random.uniform(0, height - shown[1])
    box = (left, top, left + shown[0], top + shown[1])
    picture = source.resize(size, Image.Resampling.LANCZOS, box=box)
    return ImageOps.mirror(picture) if random.integers(2) else picture


def _crowd(faces: list[Image.Image], size: Size, random: np.random.Generator) -> Image.Image:
    """Each face in a cell of its own, somewhere in it."""
    colors = random.integers(50, 200, (8, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(colors).resize(size, Image.Resampling.BICUBIC)
    columns = math.ceil(math.sqrt(len(faces) * size[0] / size[1]))
    rows = math.ceil(len(faces) / max(1, columns))
    for number, face in enumerate(faces):
        cell = size[0] // columns, size[1] // rows
        side = int(min(size[0] * random.uniform(*CUT_OUT_SHARE), CELL_FILLED * min(cell)))
        left = number % columns * cell[0] + int(random.integers(cell[0] - side))
        top = number // columns * cell[1] + int(random.integers(cell[1] - side))
        picture.paste(face.resize((side, side), Image.Resampling.LANCZOS), (left, top))
    return picture


def _grainy(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    pixels = np.array(picture, dtype=np.int16)
    height, width = pixels.shape[:2]
    grain = random.normal(0, GRAIN, (GRAIN_SIDE, GRAIN_SIDE, 1)).astype(np.int16)
    repeated = np.tile(grain, (height // GRAIN_SIDE + 1, width // GRAIN_SIDE + 1, 1))
    pixels += repeated[:height, :width]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _around(box: Box) -> tuple[int, int, int, int]:
    """Beyond the edge there is black."""
    more = round(box.width * (FACE_CUT - 1) / 2)
    return box.left - more, box.top - more, box.right + more, box.bottom + more
