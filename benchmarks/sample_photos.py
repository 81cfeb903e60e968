"""Make photos for measuring time from real group photos.

By default these are the six photos of the npm package `@vladmandic/face-api`, which `make demo`
installs. They are cropped a little, mirrored or not, enlarged, and get the grain of a camera. This
makes any number of different photos of 3 to 5 faces with realistic file sizes. A crowd has any
number of these faces on a plain background. All photos are kept in `build/photos`.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from PIL import Image, ImageOps

from picprocure.faces.detectors.hog import HogDetector
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable

    from picprocure.faces.types import Box

ROOT: Final = Path(__file__).parents[1]
GROUP_PHOTOS: Final = ROOT / "node_modules/@vladmandic/face-api/demo"
KEPT_IN: Final = ROOT / "build/photos"
QUALITY: Final = 90
GRAIN: Final = 6.0
"""Standard deviation, of 255. With it, a photo of 12 megapixels has about 4 MB."""
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
"""The smallest share of a group photo's side that is kept."""
FACE_CUT: Final = 1.6
"""Side of the piece that is cut out around a face, in sides of its box."""
CUT_OUT_SHARE: Final = (0.08, 0.11)
"""Side of such a piece in a crowd, in widths of the photo. The face is .05 to .07 wide."""
CELL_FILLED: Final = 0.95
PROFILE_PX: Final = 400

Size = tuple[int, int]


class NoGroupPhotos(Exception):
    """A folder without group photos."""


@dataclass(frozen=True, slots=True)
class SamplePhotos:
    """Makes photos, or returns those that were made before."""

    sources: tuple[Path, ...]

    @classmethod
    def of(cls, folder: Path | None) -> Self:
        """Use the JPEG files of a folder as sources.

        Raises:
            NoGroupPhotos: There are none.
        """
        found = sorted((folder or GROUP_PHOTOS).glob("*.jp*g"))
        if not found:
            raise NoGroupPhotos(
                f"there are no JPEGs in {folder or GROUP_PHOTOS}: "
                "`make demo` gets some, or name a folder of group photos"
            )
        return cls(tuple(found))

    def groups(self, size: Size, count: int) -> Path:
        """Return a folder with this number of different group photos, from all sources in turn."""

        def make(number: int) -> Image.Image:
            random = np.random.default_rng(number)
            with Image.open(self.sources[number % len(self.sources)]) as source:
                return _grainy(_varied(source.convert("RGB"), size, random), random)

        return self._made(f"groups-{size[0]}x{size[1]}-{count}", count, make)

    def crowds(self, size: Size, faces: int, count: int) -> Path:
        """Return a folder with this number of photos of this number of faces."""

        def make(number: int) -> Image.Image:
            random = np.random.default_rng(number)
            chosen = random.integers(len(cut_out), size=faces)
            return _grainy(_crowd([cut_out[index] for index in chosen], size, random), random)

        cut_out = self.cut_out_faces()
        return self._made(f"crowds-{faces}-{size[0]}x{size[1]}-{count}", count, make)

    def profiles(self, count: int | None = None) -> Path:
        """Return a folder with a photo of each single face, or of the first ones."""
        cut_out = self.cut_out_faces()[:count]
        side = PROFILE_PX, PROFILE_PX
        name = "profiles" if count is None else f"profiles-{count}"
        return self._made(name, len(cut_out), lambda number: cut_out[number].resize(side))

    def cut_out_faces(self) -> list[Image.Image]:
        """Find and cut out all faces of the sources."""
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
                content = io.BytesIO()
                make(number).save(content, "JPEG", quality=QUALITY)
                write_atomically(file, content.getvalue())
        return folder


def _varied(source: Image.Image, size: Size, random: np.random.Generator) -> Image.Image:
    """Crop a photo at a random place to the shape of the size, enlarge it, and maybe mirror it."""
    width, height = source.size
    scale = min(width / size[0], height / size[1]) * random.uniform(MIN_SHOWN, 1)
    shown = size[0] * scale, size[1] * scale
    left, top = random.uniform(0, width - shown[0]), random.uniform(0, height - shown[1])
    box = (left, top, left + shown[0], top + shown[1])
    picture = source.resize(size, Image.Resampling.LANCZOS, box=box)
    return ImageOps.mirror(picture) if random.integers(2) else picture


def _crowd(faces: list[Image.Image], size: Size, random: np.random.Generator) -> Image.Image:
    """Put each face at a random place in a cell of its own."""
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
    """Return the piece around a box. Beyond the edge it is black."""
    more = round(box.width * (FACE_CUT - 1) / 2)
    return box.left - more, box.top - more, box.right + more, box.bottom + more
