"""Random moves by hand, marks on the page and runs: what is decided stays so."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import fakes
from picprocure.folders.corrections.types import Answer

from ..conftest import Folders
from .decided import entry, save_as_page

PEOPLE = {"Alice": fakes.ALICE, "Bob": fakes.BOB, "Charlie": fakes.CHARLIE}
PHOTOS = {
    "1.png": (fakes.ALICE, fakes.BOB),
    "2.png": (fakes.BOB,),
    "deep/3.png": (fakes.CHARLIE, fakes.STRANGER),
    "4.png": (fakes.STRANGER,),
}


class Hand:
    """A user with a memory: what they last did by hand to a photo and a person."""

    def __init__(self, folders: Folders, seed: int) -> None:
        self.folders = folders
        self.random = random.Random(seed)
        self.gets: dict[tuple[str, str], bool] = {}
        self.page: set[tuple[str, str]] = set()
        """People with photos that a page ever withheld."""

    def photos_of(self, person: str) -> dict[str, Path]:
        """Return the files in a person's folder, by the photo's name."""
        contents = {(self.folders.photos / name).read_bytes(): name for name in self._photos()}
        folder = self.folders.out / person
        files = [path for path in folder.rglob("*") if not path.is_dir()]
        return {contents[path.read_bytes()]: path for path in sorted(files)}

    def _photos(self) -> list[str]:
        root = self.folders.photos
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))

    def step(self) -> None:
        self.random.choice([self.move, self.remove, self.put, self.rename, self.mark])()

    def move(self) -> None:
        one, other = self.random.sample(sorted(PEOPLE), 2)
        if photos := self.photos_of(one):
            name = self.random.choice(sorted(photos))
            if name not in self.photos_of(other):
                target = self.folders.out / other / f"moved {self.random.random()}.png"
                photos[name].rename(target)
                self.gets[name, one], self.gets[name, other] = False, True

    def remove(self) -> None:
        person = self.random.choice(sorted(PEOPLE))
        photos = self.photos_of(person)
        if len(photos) > 1:  # an empty folder would be no decision
            name = self.random.choice(sorted(photos))
            photos[name].unlink()
            self.gets[name, person] = False

    def put(self) -> None:
        person, name = self.random.choice(sorted(PEOPLE)), self.random.choice(self._photos())
        if name not in self.photos_of(person):
            source = self.folders.photos / name
            shutil.copy(source, self.folders.out / person / f"put {self.random.random()}.png")
            self.gets[name, person] = True

    def rename(self) -> None:
        person = self.random.choice(sorted(PEOPLE))
        if photos := self.photos_of(person):
            name = self.random.choice(sorted(photos))
            photos[name].rename(photos[name].with_name(f"named {self.random.random()}.png"))

    def mark(self) -> None:
        person, name = self.random.choice(sorted(PEOPLE)), self.random.choice(self._photos())
        one = entry(self.folders, name, Answer.WITHHELD, person)
        save_as_page(self.folders, one, name=f"decisions {len(self.page)}.json")
        self.page.add((name, person))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_decided_stays_so_and_withheld_photos_are_never_delivered(
    seed: int, folders: Folders
) -> None:
    for path in [*folders.photos.rglob("*.png"), *folders.people.glob("*.png")]:
        path.unlink()
    for name, color in PEOPLE.items():
        folders.add_person(f"{name}.png", color)
    for serial, (name, colors) in enumerate(PHOTOS.items()):
        folders.add_photo(name, *colors, serial=serial)
    hand, copy = Hand(folders, seed), bool(seed % 2)
    folders.deliver(copy=copy)
    for number in range(6):
        for _ in range(hand.random.randint(0, 3)):
            hand.step()
        if number == 3:
            folders.add_photo("late.png", fakes.BOB, fakes.ALICE, serial=99)
        folders.deliver(copy=copy)
        held = {person: hand.photos_of(person).keys() for person in PEOPLE}
        for (name, person), gets in hand.gets.items():
            if (name, person) not in hand.page:
                assert (name in held[person]) == gets, (name, person)
        assert not [(name, person) for name, person in hand.page if name in held[person]]
        before = folders.output_files(), folders.decisions()
        folders.deliver(copy=copy)
        assert (folders.output_files(), folders.decisions()) == before
