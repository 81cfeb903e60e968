from __future__ import annotations

import tracemalloc
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from picprocure.faces import sorting
from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.clustering.constraints import Constraints
from picprocure.faces.evaluation import bcubed
from picprocure.faces.matching.calibration import MAX_NEAREST_PHOTOS
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.thresholds import DLIB, MAX_FACES_OF_FEW
from picprocure.faces.types import EMBEDDING_SIZE, Box, Embeddings
from seeds import seeds

from .synthetic import (
    Event,
    alike,
    at_distance,
    center,
    large_event,
    party,
    photographed,
    registered,
)

sort_faces = partial(sorting.sort_faces, thresholds=DLIB)

NOBODY: Embeddings = np.empty((0, EMBEDDING_SIZE), np.float32)


def delivered(found: SortedFaces, photos: list[int]) -> set[tuple[object, int]]:
    return {
        (match.person, photos[match.face])
        for match in found.matches
        if match.decision is Decision.MATCH
    }


def sort_event(event: Event, people: list[Person], seed: int = 0) -> SortedFaces:
    return sort_faces(event.embeddings, event.photos, None, people, seed=seed)


def test_people_get_nearly_all_photos_they_are_in_and_no_others() -> None:
    event = party(people=20, photos=80, seed=4)
    found = sort_event(event, [registered(person, references=3) for person in range(8)])
    got, owed = delivered(found, event.photos), event.owed(range(8))
    assert got <= owed
    assert len(got) > 0.95 * len(owed)
    precision, recall = bcubed(found.clusters, [str(person) for person in event.people])
    assert precision == 1
    assert recall > 0.95


def test_large_events_deliver_hardly_any_wrong_photos() -> None:
    event = party(people=400, photos=500, seed=1)
    got = delivered(sort_event(event, [registered(n) for n in range(80)]), event.photos)
    owed = event.owed(range(80))
    assert len(got - owed) <= len(got) * DLIB.max_wrong_share
    assert len(got & owed) > 0.85 * len(owed)


def test_clusters_are_made_without_looking_at_anybodys_reference() -> None:
    event = party(people=30, photos=60, seed=2)
    alone = sort_event(event, [])
    together = sort_event(event, [registered(person) for person in range(30)])
    assert np.array_equal(alone.clusters, together.clusters)
    assert alone.clusters.dtype == np.int32
    assert alone.matches == []
    assert together.matches


def test_people_who_look_alike_are_clustered_more_strictly() -> None:
    event = party(people=80, photos=200, seed=2)
    faces = alike(event.embeddings, 0.45)
    usual = DLIB.cluster_threshold_among(len(faces), shift=0)
    loose = cluster_faces(faces, event.photos, threshold=usual)
    strict = sort_faces(faces, event.photos, None, []).clusters
    names = [str(person) for person in event.people]
    assert bcubed(loose, names)[0] < 0.97
    assert bcubed(strict, names)[0] > 0.99


class TestStrictness:
    """In an event of people who look alike."""

    def similar_event(self, likeness: float) -> tuple[SortedFaces, set[tuple[object, int]]]:
        event = party(people=60, photos=120, seed=3)
        people = [registered(person) for person in range(30)]
        people = [replace(who, references=alike(who.references, likeness)) for who in people]
        faces = alike(event.embeddings, likeness)
        found = sort_faces(faces, event.photos, None, people)
        usual = partial(sort_faces, thresholds=replace(DLIB, max_shift=0.0))
        without = usual(faces, event.photos, None, people)
        return found, delivered(without, event.photos) - delivered(found, event.photos)

    def test_photos_that_it_holds_back_are_counted(self) -> None:
        found, held_back = self.similar_event(0.3)
        assert found.strictness
        assert found.strictness.held_back > 0
        assert len(found.strictness.photos) == MAX_NEAREST_PHOTOS
        # Without the shift, clusters also differ a little.
        assert found.strictness.held_back == pytest.approx(len(held_back), rel=0.2)

    def test_an_ordinary_event_is_not_stricter(self) -> None:
        found, _ = self.similar_event(0)
        assert found.strictness is None

    def test_it_is_not_worth_saying_if_it_holds_back_nothing(self) -> None:
        event = party(people=60, photos=120, seed=3)
        found = sort_faces(alike(event.embeddings, 0.3), event.photos, None, [])
        assert found.limits["event_strangers_shift"] < -DLIB.usual_shift
        assert found.strictness is None


def test_no_faces_make_no_clusters_and_no_matches() -> None:
    for nothing in (NOBODY, np.empty(0, np.float32)):
        found = sort_faces(nothing, [], [], [registered(1)])
        assert found.clusters.shape == (0,)
        assert found.matches == []


def test_one_face_is_sorted_too() -> None:
    person = Person("ada", at_distance(center(1), 0.25)[None, :])
    found = sort_faces(center(1)[None, :], [7], [Box(0, 0, 9, 9)], [person])
    assert found.clusters.tolist() == [0]
    assert delivered(found, [7]) == {("ada", 7)}


@pytest.mark.parametrize("shuffle", range(3))
def test_the_order_in_which_photos_and_faces_come_does_not_matter(shuffle: int) -> None:
    """In another order of uploads, each photo also has another number."""
    event = party(people=60, photos=150, seed=shuffle)
    photos, random = np.array(event.photos), np.random.default_rng(shuffle)
    people = [registered(person) for person in range(30)]
    order, numbers = random.permutation(len(photos)), random.permutation(150) + 1_000
    plain = sort_faces(event.embeddings, photos, None, people)
    again = sort_faces(
        event.embeddings[order],
        numbers[photos][order],
        None,
        [people[place] for place in random.permutation(30)],
    )
    back = [(int(order[match.face]), match.person, match.decision.value) for match in again.matches]
    expected = [(match.face, match.person, match.decision.value) for match in plain.matches]
    assert sorted(back) == sorted(expected)
    assert {match.decision for match in plain.matches} == {Decision.MATCH, Decision.REVIEW}


def test_the_same_twice_gives_the_same() -> None:
    event = party(people=60, photos=150, seed=5)
    people = [registered(person) for person in range(30)]
    assert sort_event(event, people).matches == sort_event(event, people).matches


def test_photos_uploaded_twice_are_delivered_twice() -> None:
    event = party(people=12, photos=40, seed=6)
    faces = np.concatenate([event.embeddings, event.embeddings])
    photos = [*event.photos, *(photo + 1_000 for photo in event.photos)]
    got = delivered(sort_faces(faces, photos, None, [registered(3, references=3)]), photos)
    first = {(person, photo) for person, photo in got if photo < 1_000}
    assert 0.8 * len(event.owed([3])) < len(first)
    assert first <= event.owed([3])
    assert got == first | {(person, photo + 1_000) for person, photo in first}


def test_a_face_found_twice_is_no_proof_of_look_alikes() -> None:
    """A detector that finds faces twice must not make events stricter."""
    event = party(people=40, photos=100, seed=3)
    doubles = np.stack([at_distance(face, 0.25, seed=n) for n, face in enumerate(event.faces)])
    faces = np.concatenate([event.embeddings, doubles])
    photos = event.photos * 2
    boxes = [Box(100 * n, 0, 100 * n + 60, 60) for n in range(len(event.faces))]
    boxes += [Box(box.left + 5, 5, box.right + 5, 65) for box in boxes]
    people = [registered(person) for person in range(20)]
    for known_boxes in (boxes, None):
        found = sort_faces(faces, photos, known_boxes, people)
        got = delivered(found, photos)
        assert got <= event.owed(range(20))
        assert len(got) > 0.9 * len(event.owed(range(20)))
        assert found.limits["event_strangers_shift"] > -0.02


@pytest.mark.parametrize(
    ("photos", "boxes", "message"),
    [
        ([0, 1], None, "1 embeddings, 2 photo ids and no boxes"),
        ([0], [Box(0, 0, 1, 1)] * 2, "1 embeddings, 1 photo ids and 2 boxes"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_numbers(
    photos: list[int], boxes: list[Box] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sort_faces(center(1)[None, :], photos, boxes, [])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_an_embedding_that_is_no_numbers_is_refused_by_its_row(broken: float) -> None:
    faces = np.stack([center(n) for n in range(5)])
    faces[3, 7] = broken
    with pytest.raises(ValueError, match="embedding 3"):
        sort_faces(faces, range(5), None, [registered(1)])


def test_sorting_a_large_event_holds_no_more_than_a_few_copies_of_its_faces() -> None:
    """5,000 faces take 2.5 MB; their distances would take 100 MB."""
    event = large_event(faces=5_000, people=250, seed=0)
    tracemalloc.start()
    found = sort_faces(event.embeddings, event.photos, None, event.registered)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    got = [
        event.people[match.face] == match.person
        for match in found.matches
        if match.decision is Decision.MATCH
    ]
    owed = int(np.isin(event.people, event.registered_people).sum())
    assert peak < 60 * 2**20
    assert np.mean(got) > 0.995
    assert sum(got) > 0.7 * owed


def test_shots_of_one_scene_do_not_keep_to_themselves() -> None:
    """Two or three shots in a row are nearer to each other than to all other photos."""
    once = party(people=20, photos=80, seed=4)
    again = np.stack([at_distance(face, 0.05, seed=n) for n, face in enumerate(once.embeddings)])
    faces = np.concatenate([once.embeddings, again])
    photos = [*once.photos, *(photo + 1_000 for photo in once.photos)]
    people = [registered(person, references=3) for person in range(8)]
    found = sort_faces(faces, photos, None, people)
    got = delivered(found, photos)
    owed = once.owed(range(8))
    owed |= {(person, photo + 1_000) for person, photo in owed}
    assert got <= owed
    assert len(got) > 0.9 * len(owed)
    _, recall = bcubed(found.clusters, [str(person) for person in once.people] * 2)
    assert recall > 0.75


def test_lengths_of_embeddings_say_nothing() -> None:
    event = party(people=12, photos=40, seed=6)
    lengths = np.linspace(0.5, 2, len(event.faces), dtype=np.float32)[:, None]
    people = [registered(3)]
    plain = delivered(sort_faces(event.embeddings, event.photos, None, people), event.photos)
    longer = sort_faces(event.embeddings * lengths, event.photos, None, people)
    assert delivered(longer, event.photos) == plain
    assert plain


def test_one_of_three_sisters_gets_no_photos_of_the_others() -> None:
    """They are together in eight photos, and each is alone in four."""
    rng = np.random.default_rng(0)
    for seed in range(6):
        sisters = [at_distance(center(500 + seed), 0.25, side) for side in range(3)]
        strangers = [center(person) for person in range(600, 660)]
        faces, photos = [], []
        for photo in range(8):
            faces += [at_distance(face, 0.15, int(rng.integers(10**6))) for face in sisters]
            photos += [photo] * 3
        own = []
        for side, face in enumerate(sisters):
            for _ in range(4):
                own.append((side, len(set(photos))))
                faces.append(at_distance(face, 0.15, int(rng.integers(10**6))))
                photos.append(max(photos) + 1)
        for stranger in strangers:
            faces.append(stranger)
            photos.append(max(photos) + 1)
        boxes = [Box(120 * n, 0, 120 * n + 100, 100) for n in range(len(faces))]
        reference = at_distance(sisters[0], 0.15, 10**7)
        person = Person("first", reference[None])
        got = delivered(sort_faces(np.stack(faces), photos, boxes, [person]), photos)
        right = {("first", photo) for photo in range(8)}
        right |= {("first", photo) for side, photo in own if side == 0}
        others = {("first", photo) for side, photo in own if side != 0}
        assert not got & others
        assert len(got & right) >= 6


COLLAGES = 3
CROWDS = 5


def with_collages(event: Event, *, seed: int) -> tuple[Embeddings, list[int]]:
    """Add photos that show one person four times, and people who were photographed with others."""
    random = np.random.default_rng(seed)
    faces, photos = [*event.faces], [*event.photos]
    for _ in range(COLLAGES):
        victim, *beside = random.choice(30, size=4, replace=False).tolist()
        shown = [at_distance(center(victim), 0.2, int(random.integers(10**6))) for _ in range(4)]
        shown += [
            at_distance(center(person), 0.3, int(random.integers(10**6))) for person in beside
        ]
        photos += [max(photos) + 1] * len(shown)
        faces += shown
    return np.stack(faces), photos


@pytest.mark.parametrize("seed", seeds(30))
def test_a_photo_that_may_show_a_person_several_times_changes_nothing_for_other_photos(
    seed: int,
) -> None:
    event = party(people=30, photos=60, seed=seed)
    people = [registered(person) for person in range(12)]
    faces, photos = with_collages(event, seed=seed)
    plain = sort_event(event, people)
    together = sort_faces(faces, photos, None, people)
    of_others = [match for match in together.matches if match.face < len(event.faces)]
    assert of_others == plain.matches
    assert together.limits == plain.limits
    assert together.clusters[: len(event.faces)].tolist() == plain.clusters.tolist()


def test_a_photo_that_may_show_a_person_several_times_is_delivered_to_its_people() -> None:
    event = party(people=30, photos=60, seed=1)
    number = max(event.photos) + 1
    shots = [at_distance(center(3), 0.2, seed) for seed in range(4)]
    faces = np.stack([*event.faces, *shots, photographed(5, 800), photographed(20, 800)])
    photos = [*event.photos, *[number] * 6]
    found = sort_faces(faces, photos, None, [registered(person) for person in range(12)])
    got = {person for person, photo in delivered(found, photos) if photo == number}
    assert got == {3, 5}


def test_an_event_of_collages_only_is_sorted() -> None:
    shots = [at_distance(center(1), 0.2, seed) for seed in range(4)]
    found = sort_faces(np.stack(shots), [7] * 4, None, [registered(1)])
    assert {photo for _, photo in delivered(found, [7] * 4)} == {7}


def with_crowds(event: Event, *, seed: int) -> tuple[Embeddings, list[int]]:
    """Add photos of many people: guests, strangers, people who look like them, and blends."""
    random = np.random.default_rng(seed)
    faces, photos = [*event.faces], [*event.photos]
    for _ in range(CROWDS):
        count = int(random.integers(MAX_FACES_OF_FEW + 1, 60))
        crowd = []
        for person in random.choice(200, size=count, replace=False).tolist():
            distance = random.uniform(0.2, 0.45)
            crowd.append(at_distance(center(person), distance, int(random.integers(10**6))))
        photos += [max(photos) + 1] * count
        faces += crowd
    return np.stack(faces), photos


@pytest.mark.parametrize("seed", seeds(30))
def test_a_photo_of_a_crowd_takes_no_other_photo_away(seed: int) -> None:
    event = party(people=30, photos=60, seed=seed)
    people = [registered(person) for person in range(12)]
    plain = sort_event(event, people)
    crowds, all_photos = with_crowds(event, seed=seed)
    order = np.random.default_rng(seed).permutation(len(crowds))
    faces, photos = crowds[order], np.array(all_photos)[order].tolist()
    together = sort_faces(faces, photos, None, people)
    assert delivered(plain, event.photos) <= delivered(together, photos)
    assert together.limits == plain.limits
    clusters = np.empty_like(together.clusters)
    clusters[order] = together.clusters
    ordinary = clusters[: len(event.faces)]
    partners = ordinary[:, None] == ordinary
    assert (partners == (plain.clusters[:, None] == plain.clusters)).all()
    assert {photo for _, photo in delivered(together, photos)} - set(event.photos)
    by_face = [match.face for match in together.matches if match.decision is Decision.MATCH]
    assert len(by_face) == len(set(by_face)), "a face belongs to one person"


@pytest.mark.parametrize("seed", seeds(30, few=3))
def test_with_the_clusters_of_an_earlier_sorting_another_strictness_finds_the_same(
    seed: int,
) -> None:
    event = party(people=30, photos=60, seed=seed)
    people = [registered(person) for person in range(12)]
    crowds, photos = with_crowds(event, seed=seed)
    shots = [at_distance(center(3), 0.2, n) for n in range(10)]
    faces, photos = np.concatenate([crowds, shots]), [*photos, *[max(photos) + 1] * 10]
    clusters = sort_faces(faces, photos, None, people).clusters
    both = (int(np.flatnonzero(clusters == number)[0]) for number in (3, 5))
    for known in (Constraints(), Constraints(together=(tuple(both),))):
        earlier = sort_faces(faces, photos, None, people, constraints=known)
        strict = replace(DLIB, max_wrong_share=1 / 1_000_000)
        sort = partial(
            sort_faces, faces, photos, None, people, thresholds=strict, constraints=known
        )
        found = sort(clusters=earlier.clusters.max() - earlier.clusters)
        assert found.matches == sort().matches != earlier.matches


@pytest.mark.parametrize("seed", seeds(30, few=5))
def test_what_hosts_know_holds_beside_crowds(seed: int) -> None:
    event = party(people=30, photos=60, seed=seed)
    people = [registered(person) for person in range(12)]
    clusters = sort_event(event, people).clusters
    apart = np.flatnonzero(clusters == np.bincount(clusters).argmax())[:2]
    together = [np.flatnonzero(clusters == number)[0] for number in np.unique(clusters)[[3, 5]]]
    known = Constraints(
        together=((int(together[0]), int(together[1])),),
        apart=frozenset({(int(apart[0]), int(apart[1]))}),
    )
    faces, photos = with_crowds(event, seed=seed)
    plain = sort_faces(event.embeddings, event.photos, None, people, constraints=known)
    found = sort_faces(faces, photos, None, people, constraints=known)
    for clusters in (plain.clusters, found.clusters):
        assert clusters[apart[0]] != clusters[apart[1]]
        assert clusters[together[0]] == clusters[together[1]]
    assert delivered(plain, event.photos) <= delivered(found, photos)


@pytest.mark.parametrize("seed", seeds(30))
def test_collages_are_no_crowds_that_make_others_usual(seed: int) -> None:
    """However many photos show a person often, other photos of crowds stay crowds."""
    event = party(people=30, photos=60, seed=seed)
    people = [registered(person) for person in range(12)]
    crowds, photos = with_crowds(event, seed=seed)
    shots = [at_distance(center(3), 0.2, n) for n in range(10)]
    faces = np.concatenate([crowds, *[shots] * 60])
    with_collages = [*photos, *np.repeat(np.arange(60) + max(photos) + 1, 10).tolist()]
    plain = sort_faces(crowds, photos, None, people)
    together = sort_faces(faces, with_collages, None, people)
    assert [match for match in together.matches if match.face < len(crowds)] == plain.matches
    assert together.limits == plain.limits


def test_a_photo_of_a_crowd_is_delivered_to_its_people() -> None:
    event = party(people=30, photos=60, seed=1)
    number = max(event.photos) + 1
    shown = [*range(0, 12, 2), *range(20, 30), *range(60, 90)]
    faces = np.stack([*event.faces, *(photographed(person, 800) for person in shown)])
    photos = [*event.photos, *[number] * len(shown)]
    found = sort_faces(faces, photos, None, [registered(person) for person in range(12)])
    got = {person for person, photo in delivered(found, photos) if photo == number}
    assert got == set(range(0, 12, 2))
    joined = [
        found.clusters[face] in found.clusters[: len(event.faces)][np.array(event.people) == person]
        for face, person in enumerate(shown[:16], start=len(event.faces))
    ]
    assert sum(joined) >= 12, "the faces of guests who are not registered join theirs as well"


def test_an_event_of_crowds_only_is_sorted_as_any_other() -> None:
    event = Event()
    for photo in range(12):
        event.photo(*np.random.default_rng(photo).permutation(40)[:20].tolist())
    found = sort_event(event, [registered(person) for person in range(12)])
    got, owed = delivered(found, event.photos), event.owed(range(12))
    assert got <= owed
    assert len(got) > 0.9 * len(owed)
    assert found.limits["event_calibrating_photos"] == 12
