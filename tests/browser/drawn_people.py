"""Drawn guests in drawn places, and an engine that knows each of them by the color of their skin.

The pictures of the documentation show them, so that they show no real person.
"""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from browser.pictures import Picture
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.imaging.loaded_image import LoadedImage

Color = tuple[int, int, int]

FINER: Final = 2
"""Pictures are drawn at twice their size and reduced, which smooths the edges."""

GRAIN: Final = 9.0
"""Strength of the paper's grain. Without it, these faces are refused as drawings."""

TOLERANCE: Final = 9
MIN_PIXELS: Final = 60
MIN_FILLED: Final = 0.4
"""Share of a face's box that has its skin's color; shadows and skies have less."""

MAX_SIDES: Final = 1.9
"""Ratio of a face's sides."""

REDUCTION: Final = 4
"""Skin is looked for in a smaller picture, in which the grain averages out."""


@dataclass(frozen=True)
class Guest:
    """One drawn person. No two have similar skin, so that it identifies them."""

    skin: Color
    hair: Color
    shirt: Color
    style: str  # short, long, bun or curly
    beard: bool = False
    glasses: bool = False


ALICE = Guest((255, 222, 194), (150, 70, 38), (38, 128, 128), "long")
BOB = Guest((141, 85, 54), (32, 26, 26), (226, 168, 48), "short", beard=True)
MAYA = Guest((198, 134, 92), (38, 26, 30), (226, 96, 84), "bun")
CHARLIE = Guest((236, 186, 150), (222, 178, 88), (64, 104, 178), "short", glasses=True)
DORA = Guest((108, 62, 42), (24, 20, 20), (128, 84, 168), "curly")
EMIL = Guest((224, 160, 118), (168, 168, 172), (84, 132, 78), "short", beard=True)
GUESTS = (ALICE, BOB, MAYA, CHARLIE, DORA, EMIL)


class DrawnEngine:
    """Finds drawn guests."""

    version = "drawn-1"

    def __init__(self, detector: object = None, embedder: object = None) -> None:
        """Ignore the detector."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        small = Image.fromarray(image.pixels).reduce(REDUCTION)
        pixels = np.asarray(small, dtype=np.int16)
        scale = REDUCTION * image.reduction
        photo = zlib.crc32(image.pixels.tobytes())
        boxes = {number: skin_box(pixels, guest.skin) for number, guest in enumerate(GUESTS)}
        return [
            FoundFace(box.scaled(scale), embedding_of(number, photo), 1.0)
            for number, box in boxes.items()
            if box
        ]

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        return [face.box for face in self.find_faces(image)]

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        return self.find_faces(image)

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        return 0.0

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        middle = (box.left + box.right) / 2
        faces = self.find_faces(image)
        nearest = min(faces, key=lambda face: abs(face.box.left + face.box.right - 2 * middle))
        return nearest.embedding


def embedding_of(number: int, photo: int) -> Embedding:
    """Return a guest's embedding in a photo: about .2 from others, 1.4 from other guests."""
    person = np.random.default_rng(number).normal(size=128)
    noise = np.random.default_rng([number, photo]).normal(size=128)
    embedding = person / np.linalg.norm(person) + 0.14 * noise / np.linalg.norm(noise)
    embedding /= np.linalg.norm(embedding)
    return embedding.astype(np.float32)


def skin_box(pixels: NDArray[np.int16], skin: Color) -> Box | None:
    """Return the box of a skin's color without stray pixels, if there is enough of it."""
    near = np.abs(pixels - np.array(skin, dtype=np.int16)).max(axis=2) <= TOLERANCE
    down, across = np.nonzero(near)
    if len(down) < MIN_PIXELS:
        return None
    left, right = np.percentile(across, [1, 99])
    top, bottom = np.percentile(down, [1, 99])
    box = Box(int(left), int(top), int(right) + 1, int(bottom) + 1)
    sides = max(box.width / box.height, box.height / box.width)
    return box if sides < MAX_SIDES and len(down) > MIN_FILLED * box.area else None


class Sketch:
    """A picture that is drawn in units of its final pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * FINER, height * FINER))
        self.draw = ImageDraw.Draw(self.image)

    def fade(self, top: Color, bottom: Color, begin: float = 0, end: float = 1) -> None:
        """Fill the picture's whole width with a gradient between two heights."""
        first, last = round(begin * self.image.height), round(end * self.image.height)
        for row in range(first, last):
            self.draw.line(
                [(0, row), (self.image.width, row)],
                mix(top, bottom, (row - first) / (last - first)),
            )

    def oval(self, x: float, y: float, wide: float, high: float, color: Color) -> None:
        self.draw.ellipse(self._around(x, y, wide, high), color)

    def block(
        self, x: float, y: float, wide: float, high: float, color: Color, r: float = 0
    ) -> None:
        self.draw.rounded_rectangle(self._around(x, y, wide, high), r * FINER, color)

    def arc(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        angles: tuple[int, int],
        color: Color,
        line: float,
    ) -> None:
        self.draw.arc(self._around(x, y, wide, high), *angles, color, round(line * FINER))

    def chord(
        self, x: float, y: float, wide: float, high: float, angles: tuple[int, int], color: Color
    ) -> None:
        self.draw.chord(self._around(x, y, wide, high), *angles, color)

    def shape(self, points: list[tuple[float, float]], color: Color) -> None:
        self.draw.polygon([(x * FINER, y * FINER) for x, y in points], color)

    def jpeg(self, name: str, seed: int) -> Picture:
        """Return the picture as a file, with grain."""
        drawn = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        noise = np.random.default_rng(seed).normal(size=(self.height, self.width, 1))
        grain = np.asarray(drawn, dtype=np.float32) + GRAIN * noise
        out = io.BytesIO()
        Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
        return Picture(name, out.getvalue())

    def blur(self, radius: float) -> None:
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius * FINER))
        self.draw = ImageDraw.Draw(self.image)

    def _around(self, x: float, y: float, wide: float, high: float) -> list[float]:
        box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        return [FINER * place for place in box]


def mix(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def draw_guest(on: Sketch, guest: Guest, x: float, y: float, r: float) -> None:
    """Draw a guest from the waist up; ``r`` is half the height of the face."""
    shadow = mix(guest.skin, (60, 20, 20), 0.25)
    _draw_hair_behind(on, guest, x, y, r)
    on.block(x, y + 3.3 * r, 3.1 * r, 3.6 * r, guest.shirt, r)
    on.block(x, y + 1.15 * r, 0.7 * r, 1.1 * r, shadow, 0.2 * r)
    on.chord(x, y + 1.55 * r, 1.1 * r, 0.8 * r, (0, 180), shadow)
    for side in (-1, 1):
        on.oval(x + side * 0.84 * r, y + 0.1 * r, 0.28 * r, 0.42 * r, shadow)
    if guest.beard:
        on.oval(x, y + 0.2 * r, 1.72 * r, 1.9 * r, guest.hair)
        on.block(x, y - 0.2 * r, 1.64 * r, 1.5 * r, guest.skin, 0.7 * r)
    else:
        on.oval(x, y, 1.7 * r, 2.1 * r, guest.skin)
    _draw_features(on, guest, x, y, r)
    _draw_hair_in_front(on, guest, x, y, r)


def _draw_features(on: Sketch, guest: Guest, x: float, y: float, r: float) -> None:
    dark = (44, 30, 34)
    blush = mix(guest.skin, (222, 70, 80), 0.28)
    for side in (-1, 1):
        eye = x + side * 0.36 * r
        if not guest.beard:
            on.oval(x + side * 0.52 * r, y + 0.34 * r, 0.36 * r, 0.24 * r, blush)
        on.oval(eye, y - 0.02 * r, 0.17 * r, 0.24 * r, dark)
        on.oval(eye + 0.03 * r, y - 0.07 * r, 0.06 * r, 0.07 * r, (255, 255, 255))
        on.arc(
            eye, y - 0.2 * r, 0.42 * r, 0.3 * r, (200, 340), mix(guest.hair, dark, 0.5), 0.07 * r
        )
        if guest.glasses:
            on.arc(eye, y, 0.56 * r, 0.54 * r, (0, 360), dark, 0.05 * r)
    if guest.glasses:
        on.arc(x, y, 0.2 * r, 0.12 * r, (180, 360), dark, 0.05 * r)
    on.arc(x, y + 0.22 * r, 0.22 * r, 0.24 * r, (20, 160), mix(guest.skin, dark, 0.4), 0.05 * r)
    on.chord(x, y + 0.46 * r, 0.72 * r, 0.6 * r, (15, 165), (150, 44, 52))
    on.chord(x, y + 0.5 * r, 0.58 * r, 0.3 * r, (5, 175), (255, 250, 246))


def _draw_hair_behind(on: Sketch, guest: Guest, x: float, y: float, r: float) -> None:
    if guest.style == "long":
        on.block(x, y + 0.5 * r, 2.3 * r, 3.1 * r, guest.hair, 1.1 * r)
    if guest.style == "bun":
        on.oval(x, y - 1.25 * r, 0.9 * r, 0.8 * r, guest.hair)
        on.oval(x, y - 0.2 * r, 2.0 * r, 2.1 * r, guest.hair)
    if guest.style == "curly":
        for turn in range(0, 360, 30):
            across, down = np.cos(np.radians(turn)), np.sin(np.radians(turn))
            on.oval(
                x + 0.85 * r * across, y - 0.25 * r + 0.9 * r * down, 0.95 * r, 0.95 * r, guest.hair
            )


def _draw_hair_in_front(on: Sketch, guest: Guest, x: float, y: float, r: float) -> None:
    if guest.style == "curly":
        for step in range(-3, 4):
            on.oval(
                x + 0.28 * r * step, y - (0.88 - 0.03 * step**2) * r, 0.5 * r, 0.46 * r, guest.hair
            )
        return
    on.chord(x, y - 0.1 * r, 1.84 * r, 2.1 * r, (205, 335), guest.hair)
    if guest.style in {"long", "bun"}:
        on.chord(x - 0.3 * r, y - 0.55 * r, 1.3 * r, 1.1 * r, (150, 330), guest.hair)
    else:
        on.chord(x + 0.12 * r, y - 0.66 * r, 1.5 * r, 0.9 * r, (160, 350), guest.hair)


def garden(on: Sketch) -> None:
    on.fade((152, 206, 236), (226, 240, 222))
    on.fade((132, 182, 96), (84, 140, 70), 0.62)
    for x, size in ((0.08, 420), (0.3, 300), (0.92, 460), (0.7, 280)):
        on.block(x * on.width, 0.6 * on.height, 30, 300, (112, 84, 64))
        on.oval(x * on.width, 0.38 * on.height, size, size, (92, 152, 90))
    on.blur(5)
    _hang_lights(on, (255, 244, 196))


def sunset(on: Sketch) -> None:
    on.fade((88, 76, 140), (244, 148, 96), 0, 0.55)
    on.oval(0.68 * on.width, 0.5 * on.height, 230, 230, (255, 222, 140))
    on.fade((216, 132, 110), (64, 68, 116), 0.55)
    for step in range(9):
        on.block(
            0.68 * on.width,
            (0.58 + 0.04 * step) * on.height,
            260 - 20 * step,
            8,
            (250, 200, 140),
            4,
        )
    on.blur(3)


def dance_floor(on: Sketch) -> None:
    on.fade((44, 32, 84), (120, 40, 110))
    for x, color in ((0.2, (84, 60, 160)), (0.5, (150, 60, 140)), (0.8, (60, 90, 170))):
        top = x * on.width
        on.shape([(top, 0), (top - 260, on.height), (top + 260, on.height)], color)
    on.blur(24)
    dice = random.Random(7)
    for _ in range(120):
        color = dice.choice([(255, 214, 90), (120, 220, 220), (255, 130, 150), (250, 250, 250)])
        on.oval(dice.random() * on.width, dice.random() * on.height, 14, 10, color)


def dining_room(on: Sketch) -> None:
    on.fade((90, 112, 124), (142, 160, 164))
    for x in (0.2, 0.5, 0.8):
        on.block(x * on.width, 0.28 * on.height, 240, 360, (226, 234, 240), 16)
        on.block(x * on.width, 0.28 * on.height, 10, 360, (120, 136, 144))
    on.blur(5)
    _hang_lights(on, (255, 226, 150))


def mountains(on: Sketch) -> None:
    on.fade((128, 180, 222), (232, 240, 246))
    w, h = on.width, on.height
    on.shape([(0, 0.62 * h), (0.25 * w, 0.25 * h), (0.52 * w, 0.62 * h)], (120, 136, 164))
    on.shape([(0.3 * w, 0.62 * h), (0.66 * w, 0.18 * h), (w, 0.62 * h)], (96, 112, 146))
    on.shape([(0.575 * w, 0.29 * h), (0.66 * w, 0.18 * h), (0.75 * w, 0.29 * h)], (244, 248, 252))
    on.fade((108, 160, 178), (62, 110, 134), 0.6)
    on.blur(3)


def plain(on: Sketch) -> None:
    on.fade((206, 218, 222), (164, 182, 190))


def _hang_lights(on: Sketch, color: Color) -> None:
    """Draw a string of lights along the top."""
    count = 13
    for step in range(count):
        x = on.width * (step + 0.5) / count
        y = 60 + 70 * (1 - (2 * (step % 5) / 4 - 1) ** 2)
        on.oval(x, y, 34, 44, color)


@dataclass(frozen=True)
class Scene:
    """A photo of the event: a place, and who stands where at which size."""

    name: str
    place: Callable[[Sketch], None]
    guests: tuple[tuple[Guest, float, float, float], ...] = ()
    is_upright: bool = False

    def picture(self) -> Picture:
        width, height = (1200, 1600) if self.is_upright else (1600, 1200)
        sketch = Sketch(width, height)
        self.place(sketch)
        for guest, x, y, r in self.guests:
            draw_guest(sketch, guest, x * width, y * height, r)
        return sketch.jpeg(self.name, sum(self.name.encode()))


SCENES = (
    Scene(
        "arrival.jpg",
        garden,
        ((BOB, 0.24, 0.42, 150), (CHARLIE, 0.76, 0.44, 146), (MAYA, 0.5, 0.5, 150)),
    ),
    Scene("lake.jpg", sunset, ((DORA, 0.32, 0.46, 170), (MAYA, 0.62, 0.5, 165))),
    Scene(
        "dancing.jpg",
        dance_floor,
        ((EMIL, 0.22, 0.44, 150), (DORA, 0.78, 0.42, 150), (BOB, 0.5, 0.5, 160)),
    ),
    Scene(
        "dinner.jpg",
        dining_room,
        ((CHARLIE, 0.2, 0.46, 140), (MAYA, 0.5, 0.42, 140), (EMIL, 0.8, 0.46, 140)),
    ),
    Scene("toast.jpg", dining_room, ((BOB, 0.34, 0.45, 170), (MAYA, 0.68, 0.47, 165))),
    Scene("selfie.jpg", mountains, ((MAYA, 0.5, 0.48, 250),), is_upright=True),
    Scene("walk.jpg", mountains, ((DORA, 0.68, 0.46, 160), (CHARLIE, 0.34, 0.45, 165))),
    Scene("view.jpg", sunset),
)


def portrait(guest: Guest) -> Picture:
    """Return a photo of a guest alone, for enrollment."""
    return Scene("me.jpg", plain, ((guest, 0.5, 0.42, 300),), is_upright=True).picture()


def cover() -> Picture:
    return Scene("cover.jpg", sunset).picture()
