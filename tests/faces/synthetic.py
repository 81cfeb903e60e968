"""Made-up people whose faces lie as far apart as real ones: .35 within a person, .7 between two."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from picprocure.faces.matching import Person
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings

OWN_DISTANCE = 0.35
OTHERS_DISTANCE = 0.7


def step(length: float, seed: int) -> Embedding:
    """A random direction of the given length."""
    direction = np.random.default_rng(seed).normal(size=EMBEDDING_SIZE)
    return (direction * (length / np.linalg.norm(direction))).astype(np.float32)


def center(person: int) -> Embedding:
    return step(OTHERS_DISTANCE / 2**0.5, seed=1_000 + person)


def photographed(person: int, time: int) -> Embedding:
    """The person's face in the ``time``-th photo of them."""
    return center(person) + step(OWN_DISTANCE / 2**0.5, seed=100_000 + 1_000 * person + time)


def at_distance(face: Embedding, distance: float, seed: int = 0) -> Embedding:
    return face + step(distance, seed=500_000 + seed)


def registered(person: int, *, references: int = 1) -> Person:
    faces = [photographed(person, 900 + number) for number in range(references)]
    return Person(key=person, references=np.stack(faces))


@dataclass
class Event:
    """Photos being taken; who stands in them is known."""

    faces: list[Embedding] = field(default_factory=list)
    photos: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)

    def photo(self, *people: int) -> None:
        number = max(self.photos, default=-1) + 1
        for person in people:
            self.faces.append(photographed(person, self.people.count(person)))
            self.photos.append(number)
            self.people.append(person)

    @property
    def embeddings(self) -> Embeddings:
        return np.array(self.faces, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)


def party(*, people: int, photos: int, seed: int) -> Event:
    random = np.random.default_rng(seed)
    event = Event()
    for _ in range(photos):
        crowd = random.choice(people, size=min(int(random.integers(1, 6)), people), replace=False)
        event.photo(*crowd.tolist())
    return event
