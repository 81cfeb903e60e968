from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.assignment import assign, count_of_pictures
from picprocure.faces.matching.inputs import match_inputs
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.thresholds import DLIB

from ..synthetic import at_distance, center, party, registered


def test_scores_by_references_are_those_of_the_first_ranking() -> None:
    """Each cluster is judged by its own distances to strangers, not by those of another one."""
    event = party(people=30, photos=80, seed=4)
    inputs = match_inputs(
        event.embeddings,
        np.array(event.photos),
        event.people,
        [registered(person) for person in range(10)],
        calibration=None,
        thresholds=DLIB,
    )
    by_references = assign(inputs).by_references
    ranking = by_references.ranking
    for cluster in range(len(inputs.event.centers)):
        person = int(ranking.person[cluster])
        score = by_references.of_cluster(person, cluster)
        assert score == pytest.approx(float(ranking.score[cluster]), abs=1e-4)


ALONE = 4
CERTAIN, DOUBTFUL = 0.19, 0.26
"""Distances of a cluster from the reference, on both sides of `center_agreement`."""


def found_photos(
    *, away: float, together: int, of_second: int, of_person: int, apart: float = 0.1
) -> set[int]:
    """Return the photos that a person gets, who is registered with one picture.

    Some photos show the person and a second face, which is near the reference as well, but is in
    another cluster.

    Args:
        away: The distance of the second cluster from the reference.
        together: The number of photos of both.
        of_second: The number of photos of the second face alone.
        of_person: The number of photos of the person alone.
        apart: The distance of the person's photos from the reference.
    """
    event = party(people=30, photos=80, seed=4)
    person = center(900)
    second = at_distance(person, away, seed=1)
    first_photo = max(event.photos) + 1
    beside = [at_distance(person, apart, seed=20 + n) for n in range(together + of_person)]
    others = [at_distance(second, 0.1, seed=50 + n) for n in range(together + of_second)]
    photos = [
        *range(together + of_person),
        *range(together),
        *range(together + of_person, together + of_person + of_second),
    ]
    faces = np.concatenate([event.embeddings, beside, others])
    all_photos = np.array([*event.photos, *(first_photo + photo for photo in photos)])
    clusters = [*event.people, *[900] * len(beside), *[901] * len(others)]
    result = match_people(
        faces, all_photos, clusters, [Person("she", person[None])], thresholds=DLIB
    )
    return {
        int(all_photos[match.face]) - first_photo
        for match in result.matches
        if match.decision is Decision.MATCH
    }


@pytest.mark.parametrize("together", [1, 2])
def test_a_second_face_in_photos_of_a_person_who_has_others_is_another_person(
    together: int,
) -> None:
    shown = found_photos(away=DOUBTFUL, together=together, of_second=ALONE, of_person=ALONE)
    assert shown == set(range(together + ALONE))


@pytest.mark.parametrize("of_person", [0, 1])
def test_a_second_face_in_all_photos_of_a_person_is_another_person(of_person: int) -> None:
    """A person who is hardly in any photo without a sister doesn't get the sister's photos."""
    shown = found_photos(away=DOUBTFUL, together=2, of_second=ALONE, of_person=of_person)
    assert shown == set(range(2 + of_person))


@pytest.mark.parametrize("of_person", [0, 1])
def test_a_picture_of_a_person_beside_the_person_takes_no_photos_away(of_person: int) -> None:
    """It is nearer to the reference than the other photos, but is in hardly any other photo."""
    shown = found_photos(away=DOUBTFUL, together=1, of_second=ALONE, of_person=of_person)
    assert shown == set(range(1 + ALONE + of_person))


@pytest.mark.parametrize(("together", "of_person"), [(1, 2), (2, 2), (1, ALONE)])
def test_pictures_take_no_photos_away_that_are_certainly_of_the_person(
    together: int, of_person: int
) -> None:
    """They are nearer to the reference, and in several other photos."""
    shown = found_photos(away=CERTAIN, together=together, of_second=ALONE, of_person=of_person)
    assert shown == set(range(together + ALONE + of_person))


@pytest.mark.parametrize("of_person", [2, ALONE, 12])
def test_copies_of_one_picture_beside_the_person_take_no_photos_away(of_person: int) -> None:
    """However often a picture like the reference is in an event, it is one photo as evidence."""
    shown = found_photos(
        away=DOUBTFUL, together=1, of_second=ALONE, of_person=of_person, apart=0.02
    )
    assert shown == set(range(1 + ALONE + of_person))


def test_copies_of_a_picture_count_once() -> None:
    copies = np.stack([at_distance(center(1), 0.02, seed=n) for n in range(6)])
    others = np.stack([at_distance(center(1), 0.3, seed=n) for n in range(9, 12)])
    random = np.random.default_rng(0)
    for pictures, expected in ((copies, 1), (others, 3), (np.concatenate([copies, others]), 4)):
        for most in (1, 2, 9):
            faces = random.permutation(pictures)
            found = count_of_pictures(faces, DLIB.copy_distance, most=most)
            assert found == min(expected, most)
    assert count_of_pictures(copies[:0], DLIB.copy_distance, most=2) == 0
    assert count_of_pictures(copies, 0.0, most=9) == len(copies)
