"""Measure whether odd photos and attacks take photos away from anyone, or give them to strangers.

    python benchmarks/attacks.py CROPS [--events 30/40 80/300] [--seeds 2] [--first-seed 0]
        [--victims 6] [--attacks morphs twins ...] [--worst]

CROPS has a folder for each identity with crops of that face, like Labeled Faces in the Wild. Events
are made from them (see `labeled_events.py`) and sorted with and without the photos of an attack.
Only deliveries of the ordinary photos are compared, and only right ones can remain.

- An attack is one photo in a hundred, at least one. All of them aim at one person, the victim.
- Odd photos are one in eight. Each of them shows another registered person.
- "vectors" and "pictures" attacks have no pixels: they are faces at an exact distance from the
  victim's reference, as no picture can be made better.

The last column counts attack photos that were delivered to people who are not in them.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from analyzed_events import (
    Analysis,
    AnalyzedEvent,
    Arrays,
    analyzed_event,
    faces_of_photos,
    references_of_crops,
)
from delivery import Delivery, owed_by, sorted_by_ours
from engines import EngineChoice, EnginePool
from labeled_events import (
    CANVAS,
    Kind,
    PlannedEvent,
    PlannedPhoto,
    background,
    identities,
    photo_jpeg,
    plan_event,
)
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.thresholds import Thresholds, thresholds_of
from picprocure.faces.types import Box, Embeddings
from picprocure.faces.vectors import normalize
from picprocure.system.cores import usable_cores

EVENTS: Final = (Kind(30, 40), Kind(80, 300))
ATTACK_SHARE: Final = 1 / 100
ODD_SHARE: Final = 1 / 8
MANY: Final = 12
QUALITY: Final = 90
MAX_LOSS: Final = 0.02

Random = np.random.Generator
Picture = Image.Image


@dataclass(frozen=True, slots=True)
class Cast:
    """Who an attack photo is made of. All crops are relative to the folder.

    Attributes:
        folder: The folder of crops.
        name: The victim.
        victim: The crops of the victim, also those of the event.
        guest: The crops of another registered person.
        twin: The crops of the nearest identity.
        strangers: One crop of each of some people who are not in the event.
        photos: The event's photos of the victim.
    """

    folder: Path
    name: str
    victim: tuple[str, ...]
    guest: tuple[str, ...]
    twin: tuple[str, ...]
    strangers: tuple[str, ...]
    photos: tuple[PlannedPhoto, ...]

    def pictures(self, crops: Sequence[str]) -> list[Picture]:
        return [self.picture(crop) for crop in crops]

    def picture(self, crop: str) -> Picture:
        with Image.open(self.folder / crop) as picture:
            return picture.convert("RGB").resize((220, 220), Image.Resampling.LANCZOS)

    def some(self, crops: Sequence[str], count: int, random: Random) -> list[Picture]:
        """Return pictures of different crops as long as there are any, then the same again."""
        order = np.concatenate([random.permutation(len(crops)) for _ in range(count)])
        return self.pictures([crops[row] for row in order[:count]])


def altered(picture: Picture, random: Random) -> Picture:
    """Return a picture that was taken or saved again: brighter, softer, turned or cut."""
    width, height = picture.size
    cut = random.integers(0, 15, size=4)
    changed = picture.rotate(float(random.uniform(-7, 7)), Image.Resampling.BICUBIC)
    changed = changed.crop((cut[0], cut[1], width - cut[2], height - cut[3]))
    changed = ImageEnhance.Brightness(changed).enhance(float(random.uniform(0.6, 1.5)))
    changed = changed.filter(ImageFilter.GaussianBlur(float(random.uniform(0, 2.5))))
    return ImageOps.mirror(changed) if random.random() < 0.5 else changed


def on_screen(picture: Picture, random: Random) -> Picture:
    """Return a picture that was photographed from a screen: dim, bluish, with lines."""
    lines = np.asarray(picture, dtype=np.float32) * (0.55, 0.6, 0.75)
    lines[:: int(random.integers(2, 4))] *= 0.8
    return Image.fromarray(lines.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def scattered(pictures: Sequence[Picture], random: Random, *, sides: tuple[int, int]) -> Picture:
    """Paste pictures of different sizes anywhere without overlap, on soft patches of color."""
    photo = background(int(random.integers(2**32)))
    taken: list[tuple[int, int, int]] = []
    for picture in pictures:
        for _ in range(2_000):
            side = int(random.integers(*sides))
            left = int(random.integers(CANVAS[0] - side))
            top = int(random.integers(CANVAS[1] - side))
            if all(
                left + side <= x or x + s <= left or top + side <= y or y + s <= top
                for x, y, s in taken
            ):
                taken.append((left, top, side))
                photo.paste(picture.resize((side, side)), (left, top))
                break
    return photo


def in_grid(pictures: Sequence[Picture], columns: int, side: int, random: Random) -> Picture:
    """Paste pictures row after row."""
    photo = background(int(random.integers(2**32)))
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        photo.paste(
            picture.resize((side, side)), (30 + column * (side + 12), 20 + row * (side + 12))
        )
    return photo


def mirrored(cast: Cast, random: Random) -> Picture:
    return ImageOps.mirror(_opened(_any(cast.photos, random), cast))


def taken_again(cast: Cast, random: Random) -> Picture:
    """Take a photo of the victim again, as in a burst."""
    photo = _opened(_any(cast.photos, random), cast)
    cut = random.integers(0, 40, size=4)
    photo = photo.crop((cut[0], cut[1], photo.width - cut[2], photo.height - cut[3]))
    return ImageEnhance.Brightness(photo).enhance(float(random.uniform(0.85, 1.2)))


def one_shot_again(cast: Cast, random: Random) -> Picture:
    """Take always the same photo again."""
    return taken_again(replace(cast, photos=cast.photos[:1]), random)


def slide_show(cast: Cast, random: Random) -> Picture:
    """Show the victim twelve times on a screen, and once in front of it."""
    shown = [on_screen(picture, random) for picture in cast.some(cast.victim, MANY, random)]
    photo = in_grid(shown, 6, 190, random)
    photo.paste(cast.some(cast.victim, 1, random)[0].resize((300, 300)), (600, 600))
    return photo


def print_of_four(cast: Cast, random: Random) -> Picture:
    """Show four shots of a minute, two by two."""
    shot = cast.some(cast.victim, 1, random)[0]
    return in_grid([altered(shot, random) for _ in range(4)], 2, 300, random)


def grid_of_four(cast: Cast, random: Random) -> Picture:
    """Show four pictures of any time, two by two."""
    return in_grid(cast.some(cast.victim, 4, random), 2, 300, random)


def strip(cast: Cast, random: Random) -> Picture:
    return in_grid(cast.some(cast.victim, 4, random), 1, 240, random)


def two_strips(cast: Cast, random: Random) -> Picture:
    pictures = cast.some(cast.victim, 4, random), cast.some(cast.guest, 4, random)
    return in_grid([shot for pair in zip(*pictures, strict=True) for shot in pair], 2, 240, random)


def collage(cast: Cast, random: Random) -> Picture:
    return scattered(cast.some(cast.victim, 6, random), random, sides=(120, 330))


def pair(cast: Cast, random: Random) -> Picture:
    return scattered(cast.some(cast.victim, 2, random), random, sides=(200, 330))


def twins(cast: Cast, random: Random) -> Picture:
    shown = [*cast.some(cast.victim, 1, random), *cast.some(cast.twin, 1, random)]
    return scattered(shown, random, sides=(200, 330))


def twin_many_times(cast: Cast, random: Random) -> Picture:
    shown = cast.some(cast.twin, MANY, random)
    return scattered([altered(face, random) for face in shown], random, sides=(120, 240))


def altered_copies(cast: Cast, random: Random) -> Picture:
    shot = cast.some(cast.victim, 1, random)[0]
    return scattered([altered(shot, random) for _ in range(MANY)], random, sides=(120, 240))


def many_of_victim(cast: Cast, random: Random) -> Picture:
    shown = cast.some(cast.victim, MANY, random)
    return scattered([altered(face, random) for face in shown], random, sides=(120, 240))


def morphs(cast: Cast, random: Random) -> Picture:
    """Blend the victim with twelve other people, each half."""
    return _blends(cast, cast.strangers, random, share=0.5)


def slight_morphs(cast: Cast, random: Random) -> Picture:
    return _blends(cast, cast.strangers, random, share=0.3)


def strong_morphs(cast: Cast, random: Random) -> Picture:
    return _blends(cast, cast.strangers, random, share=0.65)


def blends_with_guest(cast: Cast, random: Random) -> Picture:
    return _blends(cast, cast.guest, random, share=0.5)


def beside_a_stranger(cast: Cast, random: Random) -> Picture:
    """Show the victim beside many pictures of one stranger."""
    stranger = cast.some(cast.strangers, 1, random)[0]
    others = [altered(stranger, random) for _ in range(MANY - 1)]
    return scattered([*cast.some(cast.victim, 1, random), *others], random, sides=(120, 240))


def guest_many_times(cast: Cast, random: Random) -> Picture:
    """Show another guest twelve times: neighbors in the cohort of everyone."""
    shown = cast.some(cast.guest, MANY, random)
    return scattered([altered(face, random) for face in shown], random, sides=(120, 240))


def second_face(cast: Cast, random: Random) -> Picture:
    """Show one picture alone. In another photo of the attack it is beside another picture."""
    shown = [altered(cast.picture(cast.victim[0]), random)]
    if random.random() < 0.5:
        shown += cast.some(cast.victim[1:], 1, random)
    return scattered(shown, random, sides=(200, 330))


def crowd(cast: Cast, random: Random) -> Picture:
    return in_grid(cast.some(cast.strangers, 104, random), 13, 110, random)


def strangers(cast: Cast, random: Random) -> Picture:
    """Show three strangers. This is no attack: it shows what any photo changes."""
    return scattered(cast.some(cast.strangers, 3, random), random, sides=(150, 260))


def _blends(cast: Cast, others: Sequence[str], random: Random, *, share: float) -> Picture:
    pairs = zip(cast.some(cast.victim, MANY, random), cast.some(others, MANY, random), strict=True)
    blends = [Image.blend(victim, other, share) for victim, other in pairs]
    return scattered(blends, random, sides=(150, 240))


def _any(photos: Sequence[PlannedPhoto], random: Random) -> PlannedPhoto:
    return photos[int(random.integers(len(photos)))]


def _opened(photo: PlannedPhoto, cast: Cast) -> Picture:
    return Image.open(io.BytesIO(photo_jpeg(photo, cast.folder))).convert("RGB")


PHOTOS: Final[dict[str, Callable[[Cast, Random], Picture]]] = {
    "three strangers (no attack)": strangers,
    "mirrored photos": mirrored,
    "photos taken again": taken_again,
    "one photo again and again": one_shot_again,
    "slide show": slide_show,
    "print, 2 by 2, one minute": print_of_four,
    "print, 2 by 2, any time": grid_of_four,
    "strip": strip,
    "strips of two people": two_strips,
    "collage of six": collage,
    "the same person twice": pair,
    "one picture, alone and in a pair": second_face,
    "beside the nearest identity": twins,
    "nearest identity, 12 times": twin_many_times,
    "12 altered copies": altered_copies,
    "12 altered pictures": many_of_victim,
    "12 morphs, a third": slight_morphs,
    "12 morphs, half": morphs,
    "12 morphs, two thirds": strong_morphs,
    "12 morphs with a guest": blends_with_guest,
    "beside a stranger, 11 times": beside_a_stranger,
    "another guest, 12 times": guest_many_times,
    "crowd of 104": crowd,
}
ODD: Final = (
    "three strangers (no attack)",
    "mirrored photos",
    "slide show",
    "print, 2 by 2, one minute",
    "print, 2 by 2, any time",
    "strip",
    "strips of two people",
    "collage of six",
    "the same person twice",
    "beside the nearest identity",
    "12 altered pictures",
    "12 morphs, half",
)
VECTORS: Final = (0.62, 0.8, 0.95, 1.05, 1.15)
PICTURES: Final = (0.5, 0.6, 0.7)
"""Distances from the victim's reference, of SFace."""
PICTURE_PHOTOS: Final = 3


@dataclass
class Result:
    """What remains under one attack, over all events and victims.

    Attributes:
        runs: The number of attacks.
        remaining: Right deliveries that remain.
        before: Right deliveries without the attack.
        shares: The share that remains for each person of each run.
        losers: How many people lost more than `MAX_LOSS`, and what, for each run.
        gained: Right deliveries that came.
        wrong: Wrong deliveries of ordinary photos that came.
        wrong_odd: Odd photos that were delivered to people who are not in them.
    """

    runs: int = 0
    remaining: int = 0
    before: int = 0
    shares: list[float] = field(default_factory=list)
    gained: int = 0
    wrong: int = 0
    wrong_odd: int = 0

    @property
    def row(self) -> str:
        losers = sum(share < 1 - MAX_LOSS for share in self.shares)
        return " | ".join(
            [
                str(self.runs),
                f"{self.remaining / max(1, self.before):.4f}",
                f"{min(self.shares, default=1):.2f}",
                f"{losers} of {len(self.shares):,}",
                str(self.gained),
                str(self.wrong),
                str(self.wrong_odd),
            ]
        )


HEAD: Final = (
    "| people/strangers | photos | runs | of the deliveries remain | of the worst person's | "
    "people who lost more than 2 % | right ones that came | wrong ones that came | "
    "odd photos to others |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Stage:
    """An event that is attacked."""

    event: AnalyzedEvent
    plan: PlannedEvent
    casts: list[Cast]
    thresholds: Thresholds
    before: set[Delivery]
    seed: int

    @property
    def owed(self) -> set[Delivery]:
        return owed_by(self.event)

    def attackers(self, share: float) -> int:
        return max(1, round(share * len(self.plan.photos)))


def casts_of(
    plan: PlannedEvent, crops: Path, references: dict[str, Embeddings], random: Random
) -> list[Cast]:
    """Return everyone who is registered as a victim, in a random order."""
    files = identities(crops)
    centers = {
        name: normalize(own.sum(axis=0)[None])[0] for name, own in references.items() if len(own)
    }
    names, matrix = list(centers), np.stack(list(centers.values()))
    present = {face.name for photo in plan.photos for face in photo.faces}
    absent = [name for name in files if name not in present]
    registered = [name for name in plan.references if name in centers]
    casts = []
    for name in random.permutation(registered).tolist():
        nearest = np.argsort(np.linalg.norm(matrix - centers[name], axis=1))[1]
        guest = registered[int(random.integers(len(registered)))]
        if guest == name:
            guest = registered[registered.index(name) - 1]
        others = [files[absent[row]][0] for row in random.permutation(len(absent))[:120]]
        photos = [photo for photo in plan.photos if any(f.name == name for f in photo.faces)]
        casts.append(
            Cast(
                folder=crops,
                name=name,
                victim=tuple(files[name]),
                guest=tuple(files[guest]),
                twin=tuple(files[names[nearest]]),
                strangers=tuple(others),
                photos=tuple(photos),
            )
        )
    return casts


def attacked(stage: Stage, faces: Arrays, photos: int) -> AnalyzedEvent:
    """Return the event with more photos."""
    event = stage.event
    return replace(
        event,
        embeddings=np.concatenate([event.embeddings, faces["embeddings"]]),
        photos=np.concatenate([event.photos, faces["photos"] + len(event.photo_names)]),
        boxes=[*event.boxes, *(Box(*box) for box in faces["boxes"].tolist())],
        photo_names=[*event.photo_names, *(f"odd{number}" for number in range(photos))],
    )


def count(
    result: Result, stage: Stage, faces: Arrays, shown: Sequence[set[str]], *, show: str = ""
) -> None:
    """Sort the event with odd photos, and add up what happened.

    Args:
        result: What is added up.
        stage: The event.
        faces: The faces of the odd photos.
        shown: The people in each odd photo.
        show: Print who lost something, with this title.
    """
    given = sorted_by_ours(attacked(stage, faces, len(shown)), stage.thresholds).given
    odd = {f"odd{number}": people for number, people in enumerate(shown)}
    ordinary = {delivery for delivery in given if delivery[1] not in odd}
    right = stage.before & stage.owed
    result.runs += 1
    result.before += len(right)
    result.remaining += len(right & ordinary)
    result.gained += len((ordinary - stage.before) & stage.owed)
    result.wrong += len(ordinary - stage.before - stage.owed)
    result.wrong_odd += sum(person not in odd[photo] for person, photo in given - ordinary)
    for person in sorted({name for name, _ in right}):
        own = {delivery for delivery in right if delivery[0] == person}
        kept = len(own & ordinary) / len(own)
        result.shares.append(kept)
        if show and kept < 1 - MAX_LOSS:
            print(f"    {show}: {person} keeps {len(own & ordinary)} of {len(own)}")


def campaigns(stage: Stage, name: str, victims: int) -> Iterator[tuple[Cast, list[bytes]]]:
    """Yield the photos of an attack on each victim."""
    for number, cast in enumerate(stage.casts[:victims]):
        random = np.random.default_rng([stage.seed, number])
        yield (
            cast,
            [_jpeg(PHOTOS[name](cast, random)) for _ in range(stage.attackers(ATTACK_SHARE))],
        )


def odd_photos(stage: Stage, name: str) -> list[tuple[Cast, bytes]]:
    """Return one odd photo of each of many people."""
    count = stage.attackers(ODD_SHARE)
    casts = (stage.casts * (count // len(stage.casts) + 1))[:count]
    random = np.random.default_rng([stage.seed, 99])
    return [(cast, _jpeg(PHOTOS[name](cast, random))) for cast in casts]


def people_in(cast: Cast) -> set[str]:
    """Return who may get an odd photo: the victim, and everyone else who may be in it."""
    names = {Path(crop).parts[0] for crop in (*cast.victim, *cast.guest, *cast.twin)}
    return names | {face.name for photo in cast.photos for face in photo.faces}


def vector_faces(stage: Stage, number: int, distance: float) -> Arrays:
    """Return faces at a distance from the first reference of a victim, in any direction."""
    random = np.random.default_rng([stage.seed, number, 7])
    person = next(p for p in stage.event.people if p.key == stage.casts[number].name)
    target = normalize(person.references[:1].astype(np.float64))[0]
    photos = stage.attackers(ATTACK_SHARE)
    noise = random.normal(size=(MANY * photos, len(target)))
    noise -= (noise @ target)[:, None] * target
    angle = 2 * np.arcsin(distance / 2)
    faces = np.cos(angle) * target + np.sin(angle) * normalize(noise)
    places = np.tile(np.arange(MANY), photos)
    boxes = np.stack([places * 130, places % 5 * 200, places * 130 + 100, places % 5 * 200 + 100])
    return {
        "embeddings": faces.astype(np.float32),
        "boxes": boxes.T,
        "photos": np.repeat(np.arange(photos), MANY),
    }


def picture_faces(stage: Stage, number: int, distance: float) -> Arrays:
    """Return a face of a victim beside a picture, and the picture alone in two more photos.

    Args:
        stage: The event.
        number: The number of the victim.
        distance: The distance of the picture from the first reference of the victim.
    """
    name = stage.casts[number].name
    person = next(p for p in stage.event.people if p.key == name)
    first = min(photo for who, photo in stage.before if who == name)
    own = stage.event.embeddings[stage.event.photos == stage.event.photo_names.index(first)]
    away = np.linalg.norm(normalize(own) - normalize(person.references[:1]), axis=1)
    picture = vector_faces(stage, number, distance)["embeddings"][0]
    random = np.random.default_rng([stage.seed, number, 8])
    again = picture + random.normal(size=(2, len(picture))) * 0.01 / len(picture) ** 0.5
    faces = np.stack([own[away.argmin()], picture, *again.astype(np.float32)])
    boxes = np.array([[left, 0, left + 100, 100] for left in (0, 130, 0, 0)])
    return {"embeddings": faces, "boxes": boxes, "photos": np.array([0, 0, 1, 2])}


def stages(options: argparse.Namespace, kind: Kind, analysis: Analysis) -> Iterator[Stage]:
    references = references_of_crops(analysis)
    thresholds = thresholds_of(analysis.choice.engine().version)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        plan = plan_event(identities(options.crops), kind, seed)
        event = analyzed_event(analysis, kind, part="all", seed=seed)
        casts = casts_of(plan, options.crops, references, np.random.default_rng(seed))
        before = sorted_by_ours(event, thresholds).given
        yield Stage(event, plan, casts, thresholds, before, seed)


@dataclass(frozen=True)
class Bench:
    """What all attacks on the events of one kind need.

    Attributes:
        stages: The events.
        victims: The number of attacks on each event.
        choice: The engine.
        pool: Processes with the engine.
        show_losers: Print who lost photos.
    """

    stages: Sequence[Stage]
    victims: int
    choice: EngineChoice
    pool: EnginePool
    show_losers: bool

    def attack(self, name: str) -> Result:
        """Attack some people of each event, one at a time."""
        result = Result()
        for stage in self.stages:
            prepared = list(campaigns(stage, name, self.victims))
            photos_of_each = [photos for _, photos in prepared]
            faces = faces_of_photos(
                self.choice, self.pool, [photo for photos in photos_of_each for photo in photos]
            )
            first = 0
            for cast, photos in prepared:
                last = first + len(photos)
                own = (faces["photos"] >= first) & (faces["photos"] < last)
                of_attack = {key: values[own] for key, values in faces.items()}
                of_attack["photos"] = of_attack["photos"] - first
                title = self._title(f"{name} of {cast.name}")
                count(result, stage, of_attack, [people_in(cast)] * len(photos), show=title)
                first = last
        return result

    def odd(self, name: str) -> Result:
        """Add odd photos of many people to each event."""
        result = Result()
        for stage in self.stages:
            taken = odd_photos(stage, name)
            faces = faces_of_photos(self.choice, self.pool, [content for _, content in taken])
            shown = [people_in(cast) for cast, _ in taken]
            count(result, stage, faces, shown, show=self._title(name))
        return result

    def vectors(self, distance: float) -> Result:
        """Attack some people of each event with faces at an exact distance."""
        result = Result()
        for stage in self.stages:
            for number, cast in enumerate(stage.casts[: self.victims]):
                faces = vector_faces(stage, number, distance)
                shown = [{cast.name}] * stage.attackers(ATTACK_SHARE)
                count(result, stage, faces, shown, show=self._title(f"{distance} of {cast.name}"))
        return result

    def pictures(self, distance: float) -> Result:
        """Attack some people of each event with three photos of a picture."""
        result = Result()
        for stage in self.stages:
            for number, cast in enumerate(stage.casts[: self.victims]):
                if not any(person == cast.name for person, _ in stage.before):
                    continue
                faces = picture_faces(stage, number, distance)
                shown = [{cast.name}] * PICTURE_PHOTOS
                count(result, stage, faces, shown, show=self._title(f"{distance} of {cast.name}"))
        return result

    def _title(self, text: str) -> str:
        return text if self.show_losers else ""


def rows(options: argparse.Namespace) -> Iterator[str]:
    choice = EngineChoice(options.detector, options.models, options.embedder)
    analysis = Analysis(options.crops, choice, options.processes)
    for kind in options.events:
        ready = list(stages(options, kind, analysis))
        with EnginePool(choice, options.processes) as pool:
            bench = Bench(ready, options.victims, choice, pool, options.worst)
            for name in options.attacks:
                yield f"| {kind} | {name} | {bench.attack(name).row} |"
            for distance in options.vectors:
                yield f"| {kind} | 12 vectors at {distance} | {bench.vectors(distance).row} |"
            for distance in options.pictures:
                row = bench.pictures(distance).row
                yield f"| {kind} | 3 photos of a picture at {distance} | {row} |"
            for name in options.odd:
                yield f"| {kind} | one in eight: {name} | {bench.odd(name).row} |"


def _jpeg(picture: Picture) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY)
    return content.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("crops", type=Path)
    parser.add_argument("--events", type=Kind.parsed, nargs="+", default=EVENTS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=0, help="others make other events")
    parser.add_argument("--victims", type=int, default=6)
    parser.add_argument("--attacks", nargs="*", choices=PHOTOS, default=list(PHOTOS))
    parser.add_argument("--odd", nargs="*", choices=ODD, default=list(ODD))
    parser.add_argument("--vectors", type=float, nargs="*", default=VECTORS)
    parser.add_argument("--pictures", type=float, nargs="*", default=PICTURES)
    parser.add_argument("--detector", choices=DETECTORS.names, default=DETECTORS.best)
    parser.add_argument("--embedder", choices=EMBEDDERS.names, default=EMBEDDERS.best)
    parser.add_argument("--models", type=Path, help="folder of the models")
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--worst", action="store_true", help="list the people who lost photos")
    options = parser.parse_args()
    print(HEAD)
    for row in rows(options):
        print(row, flush=True)


if __name__ == "__main__":
    main()
