"""Measure how many borrowed faces an event catches, and how many newcomers wait without cause.

    python benchmarks/borrowed_faces.py CROPS [--registrants 200] [--rounds 4] [--detector yunet]
        [--embedder sface]

CROPS has a folder for each identity with square crops of that face, like Labeled Faces in the Wild.
In each event, some identities register with 1 or 3 of their pictures. Then all other people
register, one at a time. They have faces of their own, so they must not wait. For each registrant
with more pictures, a newcomer registers with one of these, and must be caught. The identities are
in two halves that share no person.

Then crops are altered, like a face that was cut out of a photo of the event, and compared with the
original face. Copies must be caught, other pictures of the person must not.
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from engines import EngineChoice
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.engine import ANALYSIS_SIDE, FaceEngine
from picprocure.faces.enrollment.duplicates import find_collisions, find_copies
from picprocure.faces.enrollment.quality import check_reference
from picprocure.faces.errors import UnusableReference
from picprocure.faces.models.alternatives import AUTO
from picprocure.faces.thresholds import Thresholds, thresholds_of
from picprocure.faces.types import Embedding, Embeddings
from picprocure.imaging.loading import load_upright

REFERENCES: Final = (1, 3)
PIXELS: Final = 100_000_000
PARTS: Final = 2

ALTERATIONS: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "saved again": lambda crop: crop,
    "half the pixels": lambda crop: crop.resize((crop.width // 2, crop.height // 2)),
    "twice the pixels": lambda crop: crop.resize((2 * crop.width, 2 * crop.height)),
    "cut closer": lambda crop: crop.crop((15, 12, crop.width - 12, crop.height - 8)),
    "turned by 3 degrees": lambda crop: crop.rotate(3, Image.Resampling.BICUBIC),
    "a quarter brighter": lambda crop: ImageEnhance.Brightness(crop).enhance(1.25),
    "mirrored": lambda crop: crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}
COPY_QUALITY: Final = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A crop.

    Attributes:
        path: The file.
        face: Its face, embedded like a face in a photo of an event.
        reference: Its face, embedded like a reference.
    """

    path: Path
    face: Embedding
    reference: Embedding


@dataclass
class Share:
    """A share: how many of how many."""

    hits: int = 0
    total: int = 0

    def count(self, hit: bool) -> None:  # noqa: FBT001
        """Count one case."""
        self.hits += hit
        self.total += 1

    def __str__(self) -> str:
        """Return the share with Wilson's interval of 95 %."""
        if not self.total:
            return "none"
        share, n, z = self.hits / self.total, self.total, 1.96
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return f"{share:.3f} ({self.hits} of {n}; {middle - half:.3f} to {middle + half:.3f})"


@dataclass
class Rates:
    """The results for one kind of event.

    Attributes:
        waiting: Newcomers with a face of their own who must wait.
        caught: Newcomers with a borrowed face who are caught.
    """

    waiting: Share = field(default_factory=Share)
    caught: Share = field(default_factory=Share)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--registrants", type=int, nargs="+", default=[200])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--identities", type=int, help="no more than so many of them")
    parser.add_argument("--copies", type=int, default=60, help="crops that are altered")
    parser.add_argument("--detector", choices=DETECTORS.names, default=DETECTORS.best)
    parser.add_argument("--embedder", choices=EMBEDDERS.choices, default=AUTO)
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    choice = EngineChoice(options.detector, options.models, options.embedder)
    engine = choice.engine()
    thresholds = thresholds_of(engine.version)
    people = embedded_people(engine, options.crops, max_people=options.identities)
    print(f"{sum(map(len, people))} pictures of {len(people)} people, {engine.version}")
    for registrants in options.registrants:
        for references in REFERENCES:
            rates = measured(people, registrants, references, thresholds, rounds=options.rounds)
            print(f"\n{registrants} registrants with {references} reference(s) each")
            print(f"  newcomers waiting, no cause   {rates.waiting}")
            print(f"  borrowed faces caught         {rates.caught}")
    print("\nCopies of a face in a photo of the event")
    for name, caught in copies(engine, people, options.copies, thresholds):
        print(f"  {name:<29} {caught}")
    print(f"  {'other pictures of the person':<29} {false_copies(people, thresholds)}")


def embedded_people(
    engine: FaceEngine, crops: Path, *, max_people: int | None
) -> list[list[Picture]]:
    """Return the pictures of each identity, in a random order that is always the same."""
    folders = sorted(folder for folder in crops.iterdir() if folder.is_dir())
    order = np.random.default_rng(0).permutation(len(folders))[:max_people]
    people = []
    for row in order.tolist():
        found = (embedded(engine, path) for path in sorted(folders[row].glob("*.jpg")))
        people.append([picture for picture in found if picture is not None])
    return [pictures for pictures in people if pictures]


def embedded(engine: FaceEngine, path: Path, content: bytes | None = None) -> Picture | None:
    """Find the face of a crop. The content is that of the file by default."""
    source = io.BytesIO(content) if content else path
    image = load_upright(source, name=path.name, max_pixels=PIXELS, max_side=ANALYSIS_SIDE)
    try:
        face = check_reference(image, engine.find_faces(image))
    except UnusableReference:
        return None
    return Picture(path, face.embedding, engine.embed_reference(image, face.box))


def measured(
    people: list[list[Picture]],
    registrants: int,
    references: int,
    thresholds: Thresholds,
    *,
    rounds: int,
) -> Rates:
    rates = Rates()
    for part in range(PARTS):
        half = people[part::PARTS]
        for number in range(rounds):
            rng = np.random.default_rng([part, number])
            shuffled = [half[row] for row in rng.permutation(len(half))]
            _count(rates, shuffled, registrants, references, thresholds)
    return rates


def _count(
    rates: Rates,
    half: list[list[Picture]],
    registrants: int,
    references: int,
    thresholds: Thresholds,
) -> None:
    registered, newcomers = half[:registrants], half[registrants:]
    known_references: list[Embedding] = []
    owners: list[int] = []
    for owner, pictures in enumerate(registered):
        own_references = [picture.reference for picture in pictures[:references]]
        known_references += own_references
        owners += [owner] * len(own_references)
    known = np.stack(known_references)
    for pictures in newcomers:
        newcomer = pictures[0].reference
        rates.waiting.count(_must_wait(known, owners, newcomer, registrants, thresholds))
    for pictures in registered:
        if len(pictures) > references:
            borrowed = pictures[references].reference
            rates.caught.count(_must_wait(known, owners, borrowed, registrants, thresholds))


def _must_wait(
    known: Embeddings,
    owners: list[int],
    reference: Embedding,
    registrants: int,
    thresholds: Thresholds,
) -> bool:
    """Return whether the last person to register, with this face, has to wait."""
    all_faces = np.concatenate([known, reference[None]])
    found = find_collisions(all_faces, [*owners, registrants], thresholds)
    return any(collision.entry == len(known) for collision in found)


def copies(
    engine: FaceEngine, people: list[list[Picture]], count: int, thresholds: Thresholds
) -> Iterator[tuple[str, Share]]:
    """Yield the name of each alteration, and how many copies are caught."""
    originals = [pictures[0] for pictures in people[:count]]
    for name, alter in ALTERATIONS.items():
        caught = Share()
        for original in originals:
            out = io.BytesIO()
            with Image.open(original.path) as crop:
                alter(crop.convert("RGB")).save(out, "JPEG", quality=COPY_QUALITY)
            copy = embedded(engine, original.path, out.getvalue())
            if copy is not None:  # otherwise it is refused anyway
                faces = original.face[None]
                caught.count(bool(find_copies(copy.reference[None], faces, thresholds)))
        yield name, caught


def false_copies(people: list[list[Picture]], thresholds: Thresholds) -> Share:
    """Measure how many other pictures of a person are taken for copies."""
    taken = Share()
    for pictures in people:
        for picture in pictures:
            faces: NDArray[np.float32] = np.array(
                [other.face for other in pictures if other != picture]
            )
            if len(faces):
                taken.count(bool(find_copies(picture.reference[None], faces, thresholds)))
    return taken


if __name__ == "__main__":
    main()
