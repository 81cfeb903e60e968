"""A sorting with the distances of earlier ones has the result of one without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces import kept_distances
from picprocure.faces.clustering import kept_clusters
from picprocure.faces.clustering.neighbor_graph import Pairs
from picprocure.faces.distances import Distances
from picprocure.faces.enrollment.duplicates import find_copies
from picprocure.faces.kept_distances import KeptDistances
from picprocure.faces.matching.types import Person
from picprocure.faces.sorting import SortedFaces, sort_faces
from picprocure.faces.thresholds import DLIB, Thresholds
from picprocure.faces.types import Embedding, Embeddings
from picprocure.faces.vectors import unit
from seeds import seeds

from .synthetic import alike, at_distance, center, large_event, photographed

MB: Final = 2**20
MANY: Final = 400 * MB
KINDS: Final = 12  # of people
SMALL_COHORT: Final = replace(DLIB, max_cohort=12)


@dataclass
class ChangingEvent:
    """An event that grows and shrinks at random: photos with their faces, and people."""

    random: np.random.Generator
    likeness: float
    photos: dict[int, list[Embedding]] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    added: int = 0

    def change(self) -> None:
        changes: list[Callable[[], None]] = [
            *[self.add_photo] * 4,
            self.add_crowd,
            self.remove_photo,
            self.add_copy,
            self.remove_face,
            self.add_person,
            self.remove_person,
            self.change_person,
        ]
        changes[self.random.integers(len(changes))]()

    def add_photo(self) -> None:
        shown = self.random.choice(KINDS, self.random.integers(1, 5), replace=False)
        self._add([photographed(int(person), self.added) for person in shown])

    def add_crowd(self) -> None:
        """Add a photo with more faces than others, of known people and of others."""
        shown = [*range(KINDS), *range(50, 50 + int(self.random.integers(4)))]
        self._add([photographed(person, self.added) for person in shown])

    def add_copy(self) -> None:
        """Add a photo again, exactly or nearly, or with one face several times."""
        if not self.photos:
            return
        faces = self.photos[self._any_photo()]
        match self.random.integers(3):
            case 0:
                self._add(list(faces))
            case 1:
                self._add([at_distance(face, 0.05, seed=self.added) for face in faces])
            case 2:
                self._add([at_distance(faces[0], 0.2, seed=self.added + n) for n in range(3)])

    def remove_photo(self) -> None:
        if self.photos:
            del self.photos[self._any_photo()]

    def remove_face(self) -> None:
        if self.photos:
            faces = self.photos[self._any_photo()]
            del faces[self.random.integers(len(faces))]
            self.photos = {photo: left for photo, left in self.photos.items() if left}

    def add_person(self) -> None:
        references = self._references(int(self.random.integers(KINDS)))
        anchor = references[0] if len(references) > 1 else None
        self.people.append(Person(self.added, references, anchor))
        self.added += 1

    def remove_person(self) -> None:
        if self.people:
            del self.people[self.random.integers(len(self.people))]

    def change_person(self) -> None:
        if self.people:
            row = self.random.integers(len(self.people))
            references = self._references(int(self.random.integers(KINDS)))
            self.people[row] = replace(self.people[row], references=references)

    def sorted(
        self,
        distances: Distances,
        thresholds: Thresholds = DLIB,
        clusters: NDArray[np.integer] | None = None,
    ) -> SortedFaces:
        photos = np.repeat(list(self.photos), [len(faces) for faces in self.photos.values()])
        return sort_faces(
            self.embeddings,
            photos.astype(np.int64),
            None,
            self.people,
            thresholds=thresholds,
            distances=distances,
            clusters=clusters,
        )

    @property
    def embeddings(self) -> Embeddings:
        faces = [face for shown in self.photos.values() for face in shown]
        return alike(np.array(faces, dtype=np.float32).reshape(-1, 128), self.likeness)

    def _add(self, faces: list[Embedding]) -> None:
        self.photos[self.added] = faces
        self.added += 1

    def _any_photo(self) -> int:
        return int(self.random.choice(list(self.photos)))

    def _references(self, person: int) -> Embeddings:
        count = int(self.random.integers(1, 4))
        faces = [photographed(person, 900 + self.added + number) for number in range(count)]
        return alike(np.stack(faces), self.likeness)


def assert_same(found: SortedFaces, expected: SortedFaces) -> None:
    assert found.clusters.tolist() == expected.clusters.tolist()
    assert found.standing.tolist() == expected.standing.tolist()
    assert found.matches == expected.matches
    assert found.limits == expected.limits
    assert found.strictness == expected.strictness


def small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep hardly more than matching needs, so that lists often have to be computed again."""
    monkeypatch.setattr(kept_distances, "_WIDTH", 8)


@pytest.mark.parametrize("seed", seeds(1_000, few=20))
def test_an_event_that_changes_is_sorted_as_if_it_were_new(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_lists(monkeypatch)
    random = np.random.default_rng(seed)
    event = ChangingEvent(random, likeness=float(random.choice([0, 0.2, 0.5])))
    thresholds = DLIB if random.random() < 0.5 else SMALL_COHORT
    for _ in range(18):
        event.add_photo()
    for _ in range(4):
        event.add_person()
    kept = KeptDistances(MANY)
    for _ in range(4):
        with kept.sorting("the same event"):
            found = event.sorted(kept, thresholds)
        assert_same(found, event.sorted(Distances(), thresholds))
        for _ in range(random.integers(1, 4)):
            event.change()
    if event.people and event.photos:
        references = np.concatenate([person.references for person in event.people])
        with kept.sorting("the same event"):
            copies = find_copies(references, event.embeddings, DLIB, kept)
        assert copies == find_copies(references, event.embeddings, DLIB)


@pytest.mark.parametrize("seed", seeds(100, few=6))
def test_another_strictness_is_sorted_with_what_is_kept(seed: int) -> None:
    event = ChangingEvent(np.random.default_rng(seed), likeness=0.5)
    for _ in range(30):
        event.add_photo()
    for _ in range(6):
        event.add_person()
    kept, found, computed = KeptDistances(MANY), [], []
    for share in (1 / 300, 1 / 100, 1 / 1_000_000, 1 / 300):
        thresholds = replace(DLIB, max_wrong_share=share)
        before = kept.computed
        with kept.sorting("the same event"):
            found.append(event.sorted(kept, thresholds))
        computed.append(kept.computed - before)
        assert_same(found[-1], event.sorted(Distances(), thresholds))
        stored = 7 * found[0].clusters.max() - 7 * found[0].clusters  # in other numbers
        known = event.sorted(Distances(), thresholds, stored)
        assert (known.matches, known.limits) == (found[-1].matches, found[-1].limits)
    assert max(computed[1:]) < computed[0] / 4
    assert found[1].limits != found[2].limits


@pytest.mark.parametrize("pairs", [0, 400])
def test_an_event_that_is_too_large_to_keep_is_sorted_all_the_same(pairs: int) -> None:
    random = np.random.default_rng(pairs)
    event = ChangingEvent(random, likeness=0.2)
    kept = KeptDistances(2 * 12 * pairs)
    for _ in range(40):
        event.add_photo()
        event.add_person()
    for _ in range(3):
        with kept.sorting("the same event"):
            assert_same(event.sorted(kept), event.sorted(Distances()))
        event.add_photo()


@pytest.mark.parametrize("collages", [0, 2])
def test_one_more_photo_costs_few_distances(collages: int) -> None:
    """Its faces are compared with all, and its clusters with all and with everyone's templates.

    So it costs at most a few times the faces, the clusters and the people, and not their squares.
    At 60,000 faces this is less than a thousandth of a full sorting.

    Args:
        collages: The number of photos that show a person several times.
    """
    event = large_event(faces=2_000, people=60, seed=4)
    shots = [
        at_distance(event.registered[number].references[0], 0.2, seed=shot)
        for number in range(collages)
        for shot in range(4)
    ]
    faces = np.concatenate([np.reshape(shots, (-1, 128)).astype(np.float32), event.embeddings])
    photos = np.concatenate([np.repeat(-1 - np.arange(collages), 4), event.photos])
    is_last = photos == photos[-1]
    kept = KeptDistances(MANY)

    def computed(chosen: NDArray[np.bool_]) -> int:
        before = kept.computed
        with kept.sorting("the same event"):
            sort_faces(
                faces[chosen],
                photos[chosen],
                None,
                event.registered,
                thresholds=DLIB,
                distances=kept,
            )
        return kept.computed - before

    assert computed(~is_last) > 2_000**2 / 2
    new_faces = int(is_last.sum())
    per_face = 2_000 + 2 * 2_000 + 3 * 60  # clusters are fewer than faces
    assert new_faces <= 6
    assert 0 < computed(is_last | ~is_last) <= 2 * new_faces * per_face
    assert computed(~is_last) <= 2 * new_faces * per_face
    templates = 2 * 60  # they are compared with the faces of collages in each sorting
    assert computed(~is_last) <= 4 * collages * templates


def test_what_is_not_used_is_forgotten() -> None:
    event = large_event(faces=600, people=20, seed=2)
    kept = KeptDistances(MANY)
    sizes = []
    for faces in (600, 60):
        with kept.sorting("the same event"):
            sort_faces(
                event.embeddings[:faces],
                event.photos[:faces],
                None,
                event.registered,
                thresholds=DLIB,
                distances=kept,
            )
        sizes.append(kept.nbytes)
    assert sizes[1] < sizes[0] / 4
    with kept.sorting("other thresholds"):
        assert kept.nbytes == 0


@pytest.mark.parametrize("seed", range(4))
def test_equally_near_vectors_are_found_in_their_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_lists(monkeypatch)
    random = np.random.default_rng(seed)
    kept = KeptDistances(MANY)
    for _ in range(5):
        faces = unit(np.stack([center(int(n)) for n in random.integers(0, 3, 30)]))
        points = unit(np.stack([center(n) for n in range(4)]))
        with kept.sorting("the same event"):
            found = kept.nearest("copies", points, faces)
        expected = Distances().nearest("copies", points, faces)
        assert [part.tolist() for part in found] == [part.tolist() for part in expected]


@pytest.mark.parametrize("seed", range(6))
def test_the_smallest_distances_are_right_after_many_small_changes(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_lists(monkeypatch)
    random = np.random.default_rng(seed)
    vectors = unit(random.normal(size=(160, 128)) * np.exp(-np.arange(128) / 3))
    kept, plain, points = KeptDistances(MANY), Distances(), np.arange(20)
    others = random.permutation(160)[: random.choice([10, 60])].tolist()
    for _ in range(24):
        own = np.array([others.index(point) if point in others else -1 for point in points])
        arguments = "cohort", vectors[points], vectors[others], own, _six_smallest
        with kept.sorting("the same event"):
            found = kept.smallest(*arguments)
        assert found.tolist() == plain.smallest(*arguments).tolist()
        away = [number for number in range(160) if number not in others]
        random.shuffle(others)
        if random.random() < 0.5:
            others += random.permutation(away)[:3].tolist()
        else:
            del others[: min(3, len(others) - 8)]
    assert 0 < kept.computed < plain.computed


def _six_smallest(
    distances: NDArray[np.float32], columns: NDArray[np.integer]
) -> NDArray[np.float32]:
    smallest: NDArray[np.float32] = np.sort(distances, axis=1)[:, :6]
    return smallest


@pytest.mark.parametrize("seed", seeds(100, few=10))
def test_groups_are_those_that_a_search_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    count, edges = int(random.integers(1, 60)), int(random.integers(0, 80))
    first, second = random.integers(0, count, (2, edges)).astype(np.int32)
    pairs = Pairs(first, second, np.ones(edges, dtype=np.uint8))
    neighbors: dict[int, set[int]] = {face: {face} for face in range(count)}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        joined = neighbors[one] | neighbors[other]
        for face in joined:
            neighbors[face] = joined
    expected = [min(neighbors[face]) for face in range(count)]
    assert kept_clusters._groups(count, pairs).tolist() == expected
