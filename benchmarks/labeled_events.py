"""Make labeled events from a folder of single-face crops, as collages.

    python benchmarks/labeled_events.py CROPS OUT [--event 30/40] [--part a|b|all] [--seed 0]

CROPS has a folder for each identity with square crops of that face, like Labeled Faces in the Wild.
OUT gets `people/`, `photos/` and `labels.json`, for `picprocure evaluate` and `picprocure sort`.
The other benchmarks render the photos in memory.

An event is written PEOPLE/STRANGERS or PEOPLE/STRANGERSxREFERENCES: 80/300x3 has 80 registered
people with 3 references each, and 300 people who did not register. The labels of collages are
certain, but they don't look like real scenes. Parts `a` and `b` share no identity: tune on one
part, and report on the other.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from picprocure.faces.evaluation import EventLabels
    from picprocure.faces.types import Embedding

PARTS: Final = ("a", "b", "all")
CANVAS: Final = (1600, 1067)
PHOTO_QUALITY: Final = 90
MAX_IN_A_PHOTO: Final = 6
FACE_PX: Final = (150, 260)
GAP_PX: Final = 8
MARGIN_PX: Final = 60
BACKGROUND: Final = (50, 200)
BACKGROUND_PATCHES: Final = (8, 12)
MAX_MOVE_PX: Final = 25
NOISE: Final = 4
REFERENCE_PX: Final = 300
REFERENCE_QUALITY: Final = 92
CROPS_OF_REGISTERED: Final = 4
"""A person with fewer crops is a stranger."""
CROPS_KEPT_FOR_EVENT: Final = 2
MAX_APPEARANCES: Final = 12
MAX_APPEARANCES_OF_STRANGERS: Final = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """The size of an event: registered people, strangers, and references of each person."""

    people: int
    strangers: int
    references: int = 1

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the kind that is written like `80/300` or `80/300x3`."""
        match = re.fullmatch(r"(\d+)/(\d+)(?:x(\d+))?", text)
        if match is None:
            raise ValueError(f"{text!r}: an event is written like 80/300 or 80/300x3")
        people, strangers, references = match.groups(default="1")
        return cls(int(people), int(strangers), int(references))

    def __str__(self) -> str:
        return f"{self.people}/{self.strangers}" + f"x{self.references}" * (self.references > 1)


@dataclass(frozen=True, slots=True)
class PlacedFace:
    """A face in a photo.

    Attributes:
        name: The person.
        crop: The file, relative to the folder of crops.
        left: In pixels of the photo.
        top: In pixels of the photo.
        side: In pixels of the photo.
    """

    name: str
    crop: str
    left: int
    top: int
    side: int


@dataclass(frozen=True, slots=True)
class PlannedPhoto:
    """A photo that is not rendered yet.

    Attributes:
        name: The file.
        faces: Its faces.
        background: Seed of the colors behind the faces.
        is_repeated: The photo is taken again a moment later: moved a little, lighter or darker,
            with other noise.
    """

    name: str
    faces: tuple[PlacedFace, ...]
    background: int
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event that is not rendered yet.

    Attributes:
        references: The crops that each registered person registers with, relative to their folder.
        photos: The photos.
    """

    references: dict[str, tuple[str, ...]]
    photos: tuple[PlannedPhoto, ...]

    @property
    def labels(self) -> EventLabels:
        """Return who is in which photo."""
        return {
            "people": sorted(self.references),
            "photos": {photo.name: self._people_in(photo) for photo in self.photos},
        }

    def _people_in(self, photo: PlannedPhoto) -> list[str]:
        names = [face.name for face in photo.faces]
        return [name if name in self.references else f"stranger:{name}" for name in names]


class TooFewIdentities(Exception):
    """A folder or its part with too few people for an event."""


def part_of(name: str) -> str:
    """Return `a` or `b`. It depends only on the name."""
    return "ab"[sha256(name.encode()).digest()[0] % 2]


def identities(folder: Path, part: str = "all") -> dict[str, list[str]]:
    """Return the crops of all people in a part, relative to the folder."""
    return {
        person.name: sorted(f"{person.name}/{crop.name}" for crop in person.glob("*.jpg"))
        for person in sorted(folder.iterdir())
        if person.is_dir() and part in ("all", part_of(person.name))
    }


def plan_event(crops: Mapping[str, Sequence[str]], kind: Kind, seed: int) -> PlannedEvent:
    """Choose the people and their references, and put their other crops into photos.

    Args:
        crops: The crops of each person.
        kind: The size of the event.
        seed: Equal seeds give equal events.

    Raises:
        TooFewIdentities: There are too few people.
    """
    random = np.random.default_rng(seed)
    registered, strangers = _drawn(crops, kind, random)
    return _planned(crops, registered, strangers, kind.references, random)


def plan_look_alikes(
    crops: Mapping[str, Sequence[str]], centers: Mapping[str, Embedding], kind: Kind, seed: int
) -> PlannedEvent:
    """Plan an event of people who look alike.

    A random person and the nearest others with enough crops are registered. The strangers are the
    next nearest people.

    Args:
        crops: The crops of each person.
        centers: An embedding of each person (128,). Others are left out.
        kind: The size of the event.
        seed: Equal seeds give equal events.

    Raises:
        TooFewIdentities: There are too few people.
    """
    random = np.random.default_rng(seed)
    able = [name for name in centers if len(crops[name]) >= CROPS_OF_REGISTERED]
    first = able[int(random.integers(len(able)))]
    distances = {name: float(np.linalg.norm(centers[name] - centers[first])) for name in centers}
    by_distance = sorted(centers, key=lambda name: (distances[name], name))
    registered = [name for name in by_distance if name in set(able)][: kind.people]
    others = [name for name in by_distance if name not in set(registered)][: kind.strangers]
    if len(registered) < kind.people or len(others) < kind.strangers:
        raise TooFewIdentities(f"{kind}: there are too few people")
    return _planned(crops, registered, others, kind.references, random)


def _planned(
    crops: Mapping[str, Sequence[str]],
    registered: Sequence[str],
    strangers: Sequence[str],
    references_of_each: int,
    random: np.random.Generator,
) -> PlannedEvent:
    references: dict[str, tuple[str, ...]] = {}
    appearances: list[tuple[str, str]] = []
    for name in registered:
        own = random.permutation(np.array(crops[name])).tolist()
        given = min(references_of_each, len(own) - CROPS_KEPT_FOR_EVENT)
        references[name] = tuple(own[:given])
        appearances += [(name, crop) for crop in own[given:][:MAX_APPEARANCES]]
    for name in strangers:
        appearances += [(name, crop) for crop in crops[name][:MAX_APPEARANCES_OF_STRANGERS]]
    shuffled = [appearances[index] for index in random.permutation(len(appearances))]
    photos = (
        _placed(f"p{number:04d}.jpg", people, random)
        for number, people in enumerate(_dealt(shuffled, random))
    )
    return PlannedEvent(references, tuple(photos))


def _drawn(
    crops: Mapping[str, Sequence[str]], kind: Kind, random: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Return the names of the registered people and of the strangers."""
    able = [name for name, own in crops.items() if len(own) >= CROPS_OF_REGISTERED]
    if len(able) < kind.people:
        raise TooFewIdentities(
            f"{kind}: {len(able)} people have {CROPS_OF_REGISTERED} or more crops here, "
            f"{kind.people} are needed"
        )
    registered = random.permutation(able)[: kind.people].tolist()
    unregistered = sorted(set(crops) - set(registered))
    if len(unregistered) < kind.strangers:
        raise TooFewIdentities(
            f"{kind}: {len(unregistered)} people are left for {kind.strangers} strangers"
        )
    return registered, random.permutation(unregistered)[: kind.strangers].tolist()


def _dealt(
    appearances: Sequence[tuple[str, str]], random: np.random.Generator
) -> Iterator[dict[str, str]]:
    """Yield photos of one to six different people until each crop is in one: the crop by name."""
    waiting = list(appearances)
    while waiting:
        wanted = random.integers(1, MAX_IN_A_PHOTO + 1)
        photo: dict[str, str] = {}
        for name, crop in waiting:
            if len(photo) < wanted:
                photo.setdefault(name, crop)
        waiting = [(name, crop) for name, crop in waiting if photo.get(name) != crop]
        yield photo


def _placed(name: str, people: Mapping[str, str], random: np.random.Generator) -> PlannedPhoto:
    """Place faces side by side in slots of equal width, each anywhere in its slot."""
    width, height = CANVAS
    slot = width // max(2, len(people))
    faces = []
    for number, (person, crop) in enumerate(people.items()):
        side = min(int(random.integers(*FACE_PX)), slot - GAP_PX)
        left = number * slot + int(random.integers(slot - side))
        top = int(random.integers(MARGIN_PX, height - MARGIN_PX - side))
        faces.append(PlacedFace(person, crop, left, top, side))
    return PlannedPhoto(name, tuple(faces), background=int(random.integers(2**32)))


def with_each_photo_twice(event: PlannedEvent) -> PlannedEvent:
    """Return the event with each photo taken again a moment later, as in a burst."""
    again = [replace(photo, name=f"again-{photo.name}", is_repeated=True) for photo in event.photos]
    return replace(event, photos=(*event.photos, *again))


def with_small_faces(event: PlannedEvent, sides: tuple[int, int], seed: int) -> PlannedEvent:
    """Return the event with small faces in every second photo.

    Args:
        event: Its other photos stay as they are.
        sides: The smallest and the largest side of a small crop, in pixels.
        seed: Equal seeds give equal sizes.
    """
    random = np.random.default_rng(seed)
    photos = [
        replace(
            photo,
            name=f"small-{photo.name}",
            faces=tuple(
                replace(face, side=int(random.integers(sides[0], sides[1] + 1)))
                for face in photo.faces
            ),
        )
        if number % 2
        else photo
        for number, photo in enumerate(event.photos)
    ]
    return replace(event, photos=tuple(photos))


def photo_jpeg(photo: PlannedPhoto, crops: Path) -> bytes:
    picture = background(photo.background)
    for face in photo.faces:
        picture.paste(_square(crops / face.crop, face.side), (face.left, face.top))
    if photo.is_repeated:
        picture = _taken_again(picture, photo.background)
    return _jpeg(picture, PHOTO_QUALITY)


def _taken_again(picture: Image.Image, seed: int) -> Image.Image:
    """Return a photo of a moment later: moved a little, lighter or darker, with other noise."""
    random = np.random.default_rng(seed)
    left, top, right, bottom = random.integers(0, MAX_MOVE_PX, size=4).tolist()
    cut = picture.crop((left, top, picture.width - right, picture.height - bottom))
    turned = cut.rotate(float(random.uniform(-1, 1)), Image.Resampling.BICUBIC)
    pixels = np.asarray(turned, dtype=np.float32) * random.uniform(0.85, 1.15)
    pixels += random.normal(scale=NOISE, size=pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def reference_jpeg(crop: str, crops: Path) -> bytes:
    return _jpeg(_square(crops / crop, REFERENCE_PX), REFERENCE_QUALITY)


def background(seed: int) -> Image.Image:
    """Return soft patches of color, which never look like a face."""
    shape = (*BACKGROUND_PATCHES, 3)
    patches = np.random.default_rng(seed).integers(*BACKGROUND, shape, dtype=np.uint8)
    return Image.fromarray(patches).resize(CANVAS, Image.Resampling.BICUBIC)


def _square(crop: Path, side: int) -> Image.Image:
    with Image.open(crop) as face:
        return face.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()


def write_event(event: PlannedEvent, crops: Path, out: Path) -> None:
    """Write an event as a folder with `people`, `photos` and `labels.json`."""
    for name, references in event.references.items():
        own = out / "people" / name
        own.mkdir(parents=True)
        for number, crop in enumerate(references):
            (own / f"{number}.jpg").write_bytes(reference_jpeg(crop, crops))
    _write_photos(event.photos, crops, out / "photos")
    (out / "labels.json").write_text(json.dumps(event.labels, indent=1), encoding="utf-8")


def _write_photos(photos: Iterable[PlannedPhoto], crops: Path, folder: Path) -> None:
    folder.mkdir()
    for photo in photos:
        (folder / photo.name).write_bytes(photo_jpeg(photo, crops))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--event", type=Kind.parsed, default=Kind(30, 40))
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    event = plan_event(identities(options.crops, options.part), options.event, options.seed)
    write_event(event, options.crops, options.out)
    print(f"{len(event.photos)} photos of {len(event.references)} people in {options.out}")


if __name__ == "__main__":
    main()
