from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.matching.calibration import Calibration
from picprocure.faces.matching.clustered_faces import ClusteredFaces
from picprocure.faces.matching.inputs import ScoreNormalizer, Template
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.ranking import rank
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import sort_faces
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import EMBEDDING_SIZE, Box, Embeddings
from picprocure.faces.vectors import normalize

from ..synthetic import Event, alike, at_distance, center, party, photographed, registered

LIKENESS = 0.3
"""With this, strangers are .44 apart instead of .56, as in events of similar people."""


def measured(faces: Embeddings, photos: list[int], boxes: list[Box] | None = None) -> Calibration:
    return Calibration.of(faces, np.array(photos), boxes, DLIB)


def pairs(found: Calibration) -> set[tuple[int, int]]:
    return {(face, other) for face, other in found.pairs.tolist()}


def guests(count: int) -> Embeddings:
    return np.stack([photographed(person, 0) for person in range(count)])


def tail_factor(faces: Embeddings, photos: NDArray[np.int64], clusters: list[int]) -> float:
    event = ClusteredFaces.of(faces, photos, clusters)
    found = Calibration.of(faces, photos, None, DLIB)
    return found.tail_factor(event, event.cohort_statistics(DLIB), DLIB)


class TestPairs:
    def test_only_faces_of_one_photo_are_pairs(self) -> None:
        found = measured(guests(6), [0, 1, 0, 2, 1, 0])
        assert pairs(found) == {(0, 2), (0, 5), (2, 0), (2, 5), (5, 0), (5, 2), (1, 4), (4, 1)}

    def test_boxes_that_touch_may_be_one_face_found_twice(self) -> None:
        boxes = [Box(0, 0, 50, 50), Box(40, 40, 90, 90), Box(90, 0, 140, 50)]
        found = measured(guests(3), [0, 0, 0], boxes)
        assert pairs(found) == {(0, 2), (2, 0), (1, 2), (2, 1)}

    @pytest.mark.parametrize("beside", [Box(50, 0, 100, 50), Box(0, 50, 50, 100)])
    def test_boxes_side_by_side_are_two_faces(self, beside: Box) -> None:
        for boxes in ([Box(0, 0, 50, 50), beside], [beside, Box(0, 0, 50, 50)]):
            assert len(measured(guests(2), [0, 0], boxes).pairs) == 2

    def test_a_face_and_its_picture_on_a_screen_are_one_person(self) -> None:
        face = center(1)
        faces = np.stack([face, at_distance(face, 0.15), center(2)])
        assert pairs(measured(faces, [0, 0, 0])) == {(0, 2), (2, 0), (1, 2), (2, 1)}

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_photos_of_one_face_have_no_pairs(self, count: int) -> None:
        found = measured(guests(3)[:count], list(range(count)))
        assert found.pairs.shape == (0, 2)
        assert found.shift == 0

    def test_every_face_of_a_large_photo_is_paired_with_as_many(self) -> None:
        found = measured(guests(500), [0] * 500)
        for side in (0, 1):
            counts = np.bincount(found.pairs[:, side], minlength=500)
            assert counts.max() <= 12
            assert counts.min() >= 10  # a few are as near as a picture and left out

    def test_a_hundred_thousand_faces_take_no_longer_than_their_sample(self) -> None:
        faces = normalize(np.random.default_rng(0).normal(size=(100_000, EMBEDDING_SIZE)))
        started = time.process_time()
        found = measured(faces, (np.arange(100_000) // 50).tolist())
        assert time.process_time() - started < 10  # in all pairs there are 5 million distances
        assert len(np.unique(found.pairs[:, 0])) == 2_000
        assert len(found.pairs) == 24_000

    def test_a_sample_does_not_depend_on_the_order(self) -> None:
        small = replace(DLIB, calibration_faces=40, calibration_pairs_per_face=2)
        event = party(people=60, photos=100, seed=3)
        photos = np.array(event.photos)
        order = np.random.default_rng(0).permutation(len(photos))
        plain = Calibration.of(event.embeddings, photos, None, small)
        shuffled = Calibration.of(event.embeddings[order], photos[order], None, small)
        back = {(int(order[face]), int(order[other])) for face, other in shuffled.pairs.tolist()}
        assert back == pairs(plain)
        assert shuffled.shift == plain.shift
        assert 40 < len(plain.pairs) < 80


class TestShift:
    def test_an_event_like_most_has_nearly_none(self) -> None:
        event = party(people=100, photos=150, seed=1)
        assert -0.02 < measured(event.embeddings, event.photos).shift <= 0

    def test_people_who_differ_more_than_usual_loosen_nothing(self) -> None:
        far = normalize(np.random.default_rng(0).normal(size=(200, EMBEDDING_SIZE)))
        assert measured(far, [n // 4 for n in range(200)]).shift == 0

    def test_people_who_look_alike_have_a_negative_one(self) -> None:
        event = party(people=100, photos=150, seed=1)
        found = measured(alike(event.embeddings, LIKENESS), event.photos)
        assert -0.13 < found.shift < -0.08

    def test_a_few_pairs_say_little(self) -> None:
        shifts = [
            measured(alike(guests(2 * photos), LIKENESS), [n // 2 for n in range(2 * photos)]).shift
            for photos in (1, 10, 100)
        ]
        assert -0.01 < shifts[0] < 0
        assert shifts == sorted(shifts, reverse=True)

    def test_faces_must_be_nearer_to_be_neighbors(self) -> None:
        usual, stricter = (
            DLIB.cluster_threshold_among(1_000, shift=shift) for shift in (0.0, -0.1)
        )
        assert stricter == pytest.approx(usual - 0.04)


class TestTail:
    def test_is_as_long_as_usual_where_strangers_are_like_most(self) -> None:
        event = party(people=100, photos=150, seed=1)
        factor = tail_factor(event.embeddings, np.array(event.photos), event.people)
        assert 1 <= factor < 1.1

    def test_is_longer_where_many_stand_beside_their_double(self) -> None:
        factors = []
        for share in (0.0, 0.1, 0.3, 1.0):
            faces = guests(400)
            siblings = np.flatnonzero(np.random.default_rng(0).random(200) < share) * 2
            for sibling in siblings.tolist():
                faces[sibling + 1] = at_distance(faces[sibling], 0.3, seed=sibling)
            factors.append(tail_factor(faces, np.arange(400) // 2, list(range(400))))
        assert factors == sorted(factors)
        assert 1 <= factors[0] < 1.1
        assert factors[1] > 1.2
        assert factors[-1] == 1.5

    def test_without_pairs_is_as_usual(self) -> None:
        assert tail_factor(guests(3), np.arange(3), [0, 1, 2]) == 1
        assert tail_factor(guests(1), np.arange(1), [0]) == 1

    def test_does_not_depend_on_the_order_of_the_faces(self) -> None:
        event = party(people=30, photos=60, seed=1)
        faces, photos = alike(event.embeddings, LIKENESS), np.array(event.photos)
        people = np.array(event.people)
        order = np.random.default_rng(0).permutation(len(photos))
        plain = tail_factor(faces, photos, people.tolist())
        assert tail_factor(faces[order], photos[order], people[order].tolist()) == plain
        assert plain > 1


def test_a_pair_scores_as_a_reference_does_whose_own_photo_is_known() -> None:
    """The cluster of a face doesn't count as a stranger."""
    faces, photos = guests(60), np.arange(60) // 2
    event, found = ClusteredFaces.of(faces, photos, range(60)), measured(faces, photos.tolist())
    normalizer = ScoreNormalizer(event.cohort_statistics(DLIB), 1.0, DLIB)
    scores = found._scores(event, normalizer.cohort, DLIB)
    assert len(scores) == 60
    for (face, other), score in zip(found.pairs.tolist(), scores, strict=True):
        template = Template(0, faces[face], 1)
        ranking = rank(event, [template], normalizer, own_clusters={0: [face]})
        assert score == pytest.approx(ranking.score[other], abs=1e-3)


def test_a_negative_shift_brings_limits_nearer() -> None:
    person = Person("ada", at_distance(center(1), 0.2)[None, :])

    def limit(shift: float) -> float:
        known = Calibration(np.empty((0, 2), dtype=np.intp), shift)
        (match,) = match_people(
            center(1)[None, :], [0], [0], [person], calibration=known, thresholds=DLIB
        ).matches
        return match.threshold

    assert limit(-0.1) == pytest.approx(limit(0) - 0.1, abs=1e-4)


def wrong_deliveries(event: Event, photos: list[int], absent: list[Person]) -> int:
    matches = sort_faces(
        alike(event.embeddings, LIKENESS), photos, None, absent, thresholds=DLIB
    ).matches
    return sum(match.decision is Decision.MATCH for match in matches)


def test_in_an_event_of_similar_people_no_one_gets_photos_of_others() -> None:
    """Small events, so that the cohort says little. The people who registered did not come.

    Where no two faces share a photo, nothing is known of strangers beforehand but what is usual.
    """
    strict = usual = 0
    for seed in range(20):
        event = party(people=40, photos=16, seed=seed)
        absent = [registered(person) for person in range(100 + 30 * seed, 130 + 30 * seed)]
        absent = [replace(who, references=alike(who.references, LIKENESS)) for who in absent]
        strict += wrong_deliveries(event, event.photos, absent)
        usual += wrong_deliveries(event, list(range(len(event.faces))), absent)
    assert strict == 0
    assert usual > 6
