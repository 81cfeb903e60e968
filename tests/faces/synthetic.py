"""Made-up people whose faces are as far apart as real ones.

On the sphere of radius 1, real faces of one person are .30 ± .05 apart, those of two .56 ± .06
(`tests/faces/test_synthetic.py` holds these to it). Like real ones, all lie on one side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from picprocure.faces.matching.types import Person
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.faces.vectors import normalize

OWN_DISTANCE = 0.30
OTHERS_DISTANCE = 0.56

_OWN_VARIANCE = OWN_DISTANCE**2 / 2
_PERSON_VARIANCE = OTHERS_DISTANCE**2 / 2 - _OWN_VARIANCE
_COMMON = (1 - _PERSON_VARIANCE - _OWN_VARIANCE) ** 0.5
_EFFECTIVE_DIRECTIONS = 40
"""Most differences are in so many of the 128 dimensions. So distances spread like real ones."""

_SPECTRUM = np.exp(-np.arange(EMBEDDING_SIZE) / _EFFECTIVE_DIRECTIONS)
_SPECTRUM /= np.linalg.norm(_SPECTRUM)


def step(length: float, seed: int) -> Embedding:
    """Return a random vector of this length."""
    direction = np.random.default_rng(seed).normal(size=EMBEDDING_SIZE)
    return (direction * (length / np.linalg.norm(direction))).astype(np.float32)


def center(person: int) -> Embedding:
    """Return a person's mean face."""
    return _on_sphere(_person(person))


def photographed(person: int, time: int) -> Embedding:
    """Return a person's face in their photo with this number."""
    random = np.random.default_rng(1_000 * (person + 1) + time)
    own = random.normal(size=EMBEDDING_SIZE) * _SPECTRUM * _OWN_VARIANCE**0.5
    return _on_sphere(_person(person) + own * random.uniform(0.7, 1.3))


def _person(person: int) -> NDArray[np.float64]:
    random = np.random.default_rng(10_000_000 + person)
    common = np.zeros(EMBEDDING_SIZE)
    common[-1] = _COMMON
    common += random.normal(size=EMBEDDING_SIZE) * _SPECTRUM * _PERSON_VARIANCE**0.5
    return common


def _on_sphere(vector: NDArray[np.floating]) -> Embedding:
    direction: Embedding = normalize(vector[None, :])[0]
    return direction


def at_distance(face: Embedding, distance: float, seed: int = 0) -> Embedding:
    """Return a face of length 1 at this distance from another one."""
    away = step(1, seed=500_000 + seed)
    away -= face * (away @ face)
    sideways = distance * (1 - distance**2 / 4) ** 0.5
    return _on_sphere(face * (1 - distance**2 / 2) + _on_sphere(away) * sideways)


def registered(person: int, *, references: int = 1) -> Person:
    faces = [photographed(person, 900 + number) for number in range(references)]
    return Person(key=person, references=np.stack(faces))


@dataclass
class Event:
    """Photos that are added one by one, with the people in them."""

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

    def owed(self, people: Sequence[int]) -> set[tuple[object, int]]:
        """Return pairs of a person and a photo that shows them."""
        return {
            (person, photo)
            for person, photo in zip(self.people, self.photos, strict=True)
            if person in people
        }


def party(*, people: int, photos: int, seed: int) -> Event:
    random = np.random.default_rng(seed)
    event = Event()
    for _ in range(photos):
        shown = random.choice(people, size=min(int(random.integers(1, 6)), people), replace=False)
        event.photo(*shown.tolist())
    return event


def alike(faces: Embeddings, likeness: float) -> Embeddings:
    """Return faces of similar people: all are moved towards the same face."""
    return normalize(faces + np.float32(likeness) * center(-1))


@dataclass(frozen=True)
class LargeEvent:
    """Register people who are in at least four photos. `people` is (faces,)."""

    embeddings: Embeddings
    photos: NDArray[np.int64]
    people: NDArray[np.int64]
    registered_people: NDArray[np.int64]
    registered: list[Person]


def large_event(*, faces: int, people: int, seed: int) -> LargeEvent:
    """Return an event. A few people are in up to 200 photos, and a photo shows one to six."""
    random = np.random.default_rng(seed)
    appearances = np.minimum(random.pareto(0.9, faces) + 1, 200).astype(int)
    who = random.permutation(np.repeat(np.arange(faces), appearances)[:faces])
    centers = _deviations(random, int(who.max()) + 1, _PERSON_VARIANCE)
    centers[:, -1] += _COMMON
    own = _deviations(random, faces, _OWN_VARIANCE) * random.uniform(0.7, 1.3, size=(faces, 1))
    photos = np.repeat(np.arange(faces), random.integers(1, 7, size=faces))[:faces]
    _, first = np.unique(np.stack([photos, who]), axis=1, return_index=True)
    twice = np.setdiff1d(np.arange(faces), first)
    photos[twice] = faces + np.arange(len(twice))  # no person is in a photo twice
    often = random.permutation(np.flatnonzero(np.bincount(who) >= 4))[:people]
    shown = normalize(centers[often] + _deviations(random, len(often), _OWN_VARIANCE))
    registered = [Person(int(key), face[None, :]) for key, face in zip(often, shown, strict=True)]
    return LargeEvent(normalize(centers[who] + own), photos, who, often, registered)


def _deviations(random: np.random.Generator, count: int, variance: float) -> Embeddings:
    normal = random.standard_normal((count, EMBEDDING_SIZE), dtype=np.float32)
    normal *= (_SPECTRUM * variance**0.5).astype(np.float32)
    return normal
