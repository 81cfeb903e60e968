from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.enrollment.duplicates import (
    collision_limit,
    find_collisions,
    find_copies,
    find_same_faces,
)
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import EMBEDDING_SIZE, Embedding, Embeddings
from picprocure.faces.vectors import normalize

from ..synthetic import center, photographed

NOTHING: Embeddings = np.zeros((0, EMBEDDING_SIZE), np.float32)


def beside(embedding: Embedding, distance: float) -> Embedding:
    """Return a direction at this distance from another one."""
    across = np.zeros(EMBEDDING_SIZE)
    across[int(np.abs(embedding).argmin())] = 1
    across -= (across @ embedding) * embedding
    across /= np.linalg.norm(across)
    angle = 2 * np.arcsin(distance / 2)
    there: Embedding = (np.cos(angle) * embedding + np.sin(angle) * across).astype(np.float32)
    return there


def found(references: list[Embedding], owners: list[int]) -> list[tuple[int, int]]:
    return [
        (collision.entry, collision.owner)
        for collision in find_collisions(np.stack(references), owners, DLIB)
    ]


def test_without_earlier_people_there_is_no_collision() -> None:
    assert find_collisions(NOTHING, [], DLIB) == []
    assert found([center(0)], [0]) == []


def test_the_newcomer_collides_and_not_who_was_there() -> None:
    bob = center(0)
    assert found([bob, beside(bob, 0.2)], [0, 1]) == [(1, 0)]
    assert found([beside(bob, 0.2), bob], [0, 1]) == [(1, 0)]


def test_ones_own_photos_never_collide() -> None:
    bob = center(0)
    assert found([bob, beside(bob, 0.1), bob], [0, 0, 0]) == []


def test_strangers_do_not_collide() -> None:
    people = [photographed(person, 0) for person in range(50)]
    assert found(people, list(range(50))) == []


def test_a_later_photo_of_who_was_there_first_collides_with_who_came_between() -> None:
    """The order of the photos counts: the person who shows a face last must wait."""
    bob, mallory = center(0), center(1)
    assert found([bob, mallory, beside(mallory, 0.1)], [0, 1, 0]) == [(2, 1)]


def test_several_photos_of_one_person_tell_better_than_one() -> None:
    """The same borrowed face passes with one photo, and is caught with the mean of three."""
    shown = [photographed(0, time) for time in range(3)]
    mean = normalize(np.sum(shown, axis=0)[None])[0]
    borrowed = beside(mean, 0.33)
    assert np.linalg.norm(borrowed - shown[0]) > DLIB.max_collision_distance
    assert found([shown[0], borrowed], [0, 1]) == []
    assert found([*shown, borrowed], [0, 0, 0, 1]) == [(3, 0)]


@pytest.mark.parametrize(("people", "limit"), [(200, 0.314), (2_000, 0.280), (20, 0.348)])
def test_the_limit_shrinks_with_the_number_of_comparisons(people: int, limit: float) -> None:
    assert collision_limit(DLIB, people=people, own_references=1) == pytest.approx(limit, abs=1e-3)
    assert collision_limit(DLIB, people=people, own_references=3) < limit + 1e-3


def test_the_limit_ends_where_photos_of_one_person_are_often_that_far_apart() -> None:
    assert collision_limit(DLIB, people=0, own_references=0) == DLIB.max_collision_distance
    assert collision_limit(DLIB, people=1, own_references=1) == DLIB.max_collision_distance


def test_a_copy_is_found_with_the_face_it_was_made_of() -> None:
    faces = np.stack([center(0), center(1)])
    references = np.stack([center(2), beside(center(1), 0.05)])
    assert find_copies(references, faces, DLIB) == [(1, 1)]


def test_another_photo_of_a_person_is_no_copy() -> None:
    faces = np.stack([photographed(0, 0)])
    references = np.stack([photographed(0, time) for time in range(1, 20)])
    assert find_copies(references, faces, DLIB) == []


def test_without_photos_there_are_no_copies() -> None:
    assert find_copies(np.stack([center(0)]), NOTHING, DLIB) == []


class TestSameFaces:
    def test_one_person_with_two_names_is_found_in_any_order(self) -> None:
        people = [photographed(person, 0)[None] for person in range(5)]
        people.insert(2, np.stack([beside(people[4][0], 0.2), beside(people[4][0], 0.25)]))
        assert find_same_faces(people, DLIB) == [(2, 5)]
        assert find_same_faces(people[::-1], DLIB) == [(0, 3)]

    def test_three_names_are_three_pairs(self) -> None:
        bob = center(0)
        people = [face[None] for face in (bob, center(1), beside(bob, 0.1), beside(bob, 0.2))]
        assert find_same_faces(people, DLIB) == [(0, 2), (0, 3), (2, 3)]

    def test_references_of_any_length_are_compared(self) -> None:
        bob = center(0)
        assert find_same_faces([3 * bob[None], 0.5 * bob[None]], DLIB) == [(0, 1)]

    def test_all_references_count(self) -> None:
        """One near pair of references among strangers is not enough."""
        bob, dora = center(0), [photographed(1, time) for time in range(3)]
        mixed = np.stack([beside(bob, 0.1), *dora])
        assert find_same_faces([bob[None], mixed[:1]], DLIB) == [(0, 1)]
        assert find_same_faces([bob[None], mixed], DLIB) == []

    def test_people_who_differ_are_no_pair(self) -> None:
        assert find_same_faces([photographed(person, 0)[None] for person in range(50)], DLIB) == []

    @pytest.mark.parametrize("people", [[], [center(0)[None]]])
    def test_one_person_is_no_pair(self, people: list[Embeddings]) -> None:
        assert find_same_faces(people, DLIB) == []
