"""Photos that are quick to make, and an engine that is quick to read them.

A photo is a row of stripes, one per face; a person is a color. For fast tests only: every
capability is also tested with the real engine on real photos.
"""

from __future__ import annotations

import io
import os
import signal
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from picprocure.faces.errors import ModelError
from picprocure.faces.types import Box, Embedding, FoundFace
from picprocure.imaging.loaded_image import LoadedImage

STRIPE = 64

BOB = (200, 40, 40)
CHARLIE = (40, 200, 40)
ALICE = (40, 40, 200)
DORA = (160, 60, 160)
STRANGER = (200, 200, 40)
OTHER_STRANGER = (40, 200, 200)


def stripes(*people: tuple[int, int, int], serial: int = 0) -> bytes:
    """Return a PNG with one stripe per person. `serial` makes equal photos differ."""
    picture = Image.new("RGB", (STRIPE * max(len(people), 1), STRIPE), (0, 0, 0))
    for place, color in enumerate(people):
        picture.paste(color, (place * STRIPE, 0, (place + 1) * STRIPE, STRIPE))
    picture.putpixel((0, 0), (serial % 256, serial // 256, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def embedding_of(color: tuple[int, int, int], noise: int = 0) -> Embedding:
    """One person's embedding: two of one color are 0.2 apart, of two colors more than 1."""
    person = np.random.default_rng(color).normal(size=128)
    wobble = np.random.default_rng(noise).normal(size=128)
    person /= np.linalg.norm(person)
    wobble *= 0.14 / np.linalg.norm(wobble)
    return (person + wobble).astype(np.float32)


class StripeEngine:
    version = "stripes-1"

    def __init__(self, detector: object = None, embedder: object = None) -> None:
        """Ignore both."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        noise = int.from_bytes(sha256(image.pixels.tobytes()).digest()[:4], "big")
        faces = []
        for place in range(image.pixels.shape[1] // STRIPE):
            left = place * STRIPE
            red, green, blue = map(int, image.pixels[STRIPE // 2, left + STRIPE // 2])
            color = red, green, blue
            if color != (0, 0, 0):
                box = Box(left, 0, left + STRIPE, STRIPE)
                faces.append(FoundFace(box=box, embedding=embedding_of(color, noise + place)))
        return faces

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        return self.find_faces(image)

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        return [face.box for face in self.find_faces(image)]

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        """Return a face from the front."""
        return 0.0

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        (found,) = (face for face in self.find_faces(image) if face.box == box)
        return found.embedding


class SidewaysEngine(StripeEngine):
    """It takes photos that are higher than wide for photos that must be turned clockwise."""

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        turn = 90 if image.height > image.width else 0
        return [replace(face, turn=turn) for face in self.find_faces(image.turned(turn))]


def sideways(*people: tuple[int, int, int], serial: int = 0) -> bytes:
    """Return a PNG of stripes that must be turned clockwise."""
    picture = Image.open(io.BytesIO(stripes(*people, serial=serial)))
    out = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(out, "PNG")
    return out.getvalue()


POISON = (13, 13, 13)
SLOW = (17, 17, 17)
SLOW_SECONDS = 5


class TroublesomeEngine(StripeEngine):
    """A photo of the color POISON kills the process that looks for faces in it; SLOW takes long."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        color = tuple(image.pixels[STRIPE // 2, STRIPE // 2])
        if color == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        if color == SLOW:
            time.sleep(SLOW_SECONDS)
        return super().find_faces(image)


class UnhurriedEngine(StripeEngine):
    """It takes some time for each photo and no processor, so that kills find workers at work."""

    SECONDS = 0.4

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        time.sleep(self.SECONDS)
        return super().search_photo(image)


DEADLY = (10, 20, 30)
DEADLY_ONCE = (30, 20, 10)


def portrait(color: tuple[int, int, int], serial: int = 0) -> bytes:
    """Return a PNG of one person, bright and sharp enough for a reference."""
    picture = Image.open(io.BytesIO(stripes(color, serial=serial)))
    for place in range(1, STRIPE, 3):
        picture.paste((255, 255, 255), (0, place, STRIPE, place + 1))
    picture.putpixel((STRIPE // 2, STRIPE // 2), color)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class DeadlyEngine(StripeEngine):
    """Its process is killed by the sight of one color each time, by another's the first time.

    `folder` gets a file for each photo that was seen, and remembers who was killed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        seen = sha256(image.pixels.tobytes()).hexdigest()
        times = len(list(self._folder.glob(f"{seen}-*")))
        (self._folder / f"{seen}-{times}-{os.getpid()}").touch()
        color = tuple(int(value) for value in image.pixels[STRIPE // 2, STRIPE // 2])
        if color == DEADLY or (color == DEADLY_ONCE and times == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().find_faces(image)


class BrokenEngine(StripeEngine):
    def __init__(self) -> None:
        raise ModelError("The model is broken.")


class StillbornEngine(StripeEngine):
    def __init__(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class ConfusedEngine(StripeEngine):
    """It fails by a bug."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        raise ZeroDivisionError("division by zero")


class GreedyEngine(StripeEngine):
    """It asks for more memory than any photo needs."""

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        bytearray(20_000_000_000)
        return super().find_faces(image)
