from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.matching.calibration import MAX_NEAREST_PHOTOS, Calibration
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import sort_faces
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import EMBEDDING_SIZE, Box, Embeddings
from picprocure.faces.vectors import normalize

from ..synthetic import Event, alike, at_distance, center, party, photographed, registered

LIKENESS = 0.3
"""With this, strangers are .44 apart instead of .56, as in events of similar people."""


def measured(
    faces: Embeddings, photos: Sequence[int] | NDArray[np.int64], boxes: list[Box] | None = None
) -> Calibration:
    return Calibration.of(faces, np.array(photos), boxes, DLIB)


def guests(count: int) -> Embeddings:
    return np.stack([photographed(person, 0) for person in range(count)])


def pairs(distances: Sequence[float]) -> Embeddings:
    """Return two faces for each distance, which are that far from each other."""
    face = center(1)
    return np.stack([one for away in distances for one in (face, at_distance(face, away))])


class TestPhotos:
    def test_only_photos_with_company_count(self) -> None:
        assert measured(guests(6), [0, 1, 0, 2, 1, 0]).photos == 2

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_photos_of_one_face_say_nothing(self, count: int) -> None:
        found = measured(guests(3)[:count], list(range(count)))
        assert (found.photos, found.shift) == (0, 0)

    def test_boxes_that_touch_may_be_one_face_found_twice(self) -> None:
        boxes = [Box(0, 0, 50, 50), Box(40, 40, 90, 90)]
        assert measured(guests(2), [0, 0], boxes).photos == 0

    @pytest.mark.parametrize("beside", [Box(50, 0, 100, 50), Box(0, 50, 50, 100)])
    def test_boxes_side_by_side_are_two_faces(self, beside: Box) -> None:
        for boxes in ([Box(0, 0, 50, 50), beside], [beside, Box(0, 0, 50, 50)]):
            assert measured(guests(2), [0, 0], boxes).photos == 1

    def test_faces_that_may_be_one_person_do_not_count(self) -> None:
        face = center(1)
        near = np.stack([face, at_distance(face, 0.35), face, at_distance(face, 0.2)])
        assert measured(near, [0, 0, 1, 1]).photos == 0

    def test_a_hundred_thousand_faces_take_no_longer_than_their_sample(self) -> None:
        faces = normalize(np.random.default_rng(0).normal(size=(100_000, EMBEDDING_SIZE)))
        started = time.process_time()
        found = measured(faces, np.arange(100_000) // 5)
        assert time.process_time() - started < 10
        assert found.photos == 2_000

    def test_a_large_photo_counts_like_a_small_one(self) -> None:
        """Its guests look alike, and there is one such photo among twenty."""
        crowd = alike(guests(500), LIKENESS)
        others = guests(540)[500:]
        photos = [0] * 500 + [1 + n // 2 for n in range(40)]
        found = measured(np.concatenate([crowd, others]), photos)
        assert found.photos == 21
        assert found.shift > -0.01

    def test_the_order_of_faces_and_photos_changes_nothing(self) -> None:
        small = replace(DLIB, calibration_photos=20, calibration_faces_per_photo=3)
        event = party(people=60, photos=100, seed=3)
        faces, photos = alike(event.embeddings, LIKENESS), np.array(event.photos)
        order = np.random.default_rng(0).permutation(len(photos))
        plain = Calibration.of(faces, photos, None, small)
        assert Calibration.of(faces[order], photos[order], None, small) == plain
        assert plain.photos <= 20
        assert plain.shift < 0


class TestNearestPhotos:
    def test_odd_photos_are_named_the_nearest_first(self) -> None:
        distances = [*[0.55] * 6, 0.42, 0.6, 0.41, 0.565]
        found = measured(pairs(distances), np.arange(2 * len(distances)) // 2)
        assert found.nearest[:2] == (8, 6)
        assert len(found.nearest) == MAX_NEAREST_PHOTOS

    def test_only_photos_nearer_than_the_shift_are_named(self) -> None:
        """The median of .54 shifts the prior of .565 to .5627."""
        found = measured(pairs([0.564, 0.5, 0.54]), [7, 7, 3, 3, 5, 5])
        assert found.shift == pytest.approx(-0.0023, abs=1e-4)
        assert found.nearest == (3, 5)

    def test_only_a_shift_beyond_the_usual_is_stricter(self) -> None:
        usual = DLIB.usual_shift
        assert not Calibration(10, -usual).is_stricter_than_usual(DLIB)
        assert Calibration(10, -usual - 0.001).is_stricter_than_usual(DLIB)


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
        assert -DLIB.max_shift < found.shift < -0.08

    def test_a_few_photos_say_little(self) -> None:
        shifts = [
            measured(alike(guests(2 * photos), LIKENESS), [n // 2 for n in range(2 * photos)]).shift
            for photos in (1, 10, 100)
        ]
        assert -0.01 < shifts[0] < 0
        assert shifts == sorted(shifts, reverse=True)

    @pytest.mark.parametrize(("share", "change"), [(0.125, 0.015), (0.25, 0.025), (0.4, 0.04)])
    def test_photos_that_tell_it_wrongly_change_little(self, share: float, change: float) -> None:
        """In them, faces that no network can tell apart stand beside each other."""
        photos = 200
        faces = guests(2 * photos)
        odd = round(share * photos)
        faces[: 2 * odd] = alike(faces[: 2 * odd], 0.45)
        plain = measured(faces[2 * odd :], np.arange(2 * (photos - odd)) // 2)
        bent = measured(faces, np.arange(2 * photos) // 2)
        assert plain.shift - bent.shift < change

    def test_no_event_moves_the_prior_by_more_than_the_limit(self) -> None:
        same = alike(guests(400), 0.6)
        assert measured(same, np.arange(400) // 2).shift >= -DLIB.max_shift

    def test_faces_must_be_nearer_to_be_neighbors(self) -> None:
        usual, stricter = (
            DLIB.cluster_threshold_among(1_000, shift=shift) for shift in (0.0, -0.1)
        )
        assert stricter == pytest.approx(usual - 0.04)


def test_a_negative_shift_brings_limits_nearer() -> None:
    person = Person("ada", at_distance(center(1), 0.2)[None, :])

    def limit(shift: float) -> float:
        known = Calibration(0, shift)
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
