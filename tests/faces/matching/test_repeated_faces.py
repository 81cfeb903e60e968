"""Faces that one photo shows several times have one that stands for them."""

from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.repeated_faces import representatives
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import Embeddings

from ..synthetic import at_distance, center


def shots(person: int, count: int, distance: float = 0.15) -> Embeddings:
    """Return shots of a person, each at this distance from one face."""
    return np.stack([at_distance(center(person), distance, seed) for seed in range(count)])


def standing(faces: Embeddings, photos: list[int]) -> list[int]:
    return [int(row) for row in representatives(faces, np.array(photos), DLIB)]


def test_faces_of_different_people_stand_for_themselves() -> None:
    faces = np.stack([center(person) for person in range(5)])
    assert standing(faces, [0] * 5) == [0, 1, 2, 3, 4]


def test_one_shot_of_a_print_stands_for_all() -> None:
    faces = np.concatenate([shots(1, 4), center(2)[None]])
    chosen = standing(faces, [0] * 5)
    assert len(set(chosen[:4])) == 1
    assert chosen[0] < 4
    assert chosen[4] == 4


def test_two_people_in_a_print_are_two() -> None:
    faces = np.concatenate([shots(1, 4), shots(2, 4)])
    chosen = standing(faces, [0] * 8)
    assert len(set(chosen[:4])) == len(set(chosen[4:])) == 1
    assert chosen[0] != chosen[4]


def test_shots_of_other_photos_are_not_of_the_print() -> None:
    assert standing(shots(1, 4), [0, 1, 2, 3]) == [0, 1, 2, 3]


def test_two_faces_that_look_alike_are_two_people() -> None:
    """They may be twins or siblings."""
    twins = np.stack([center(1), at_distance(center(1), 0.24)])
    assert standing(twins, [0, 0]) == [0, 1]


def test_a_face_and_its_picture_on_a_screen_are_one() -> None:
    picture = np.stack([center(1), at_distance(center(1), 0.15)])
    assert len(set(standing(picture, [0, 0]))) == 1


def test_a_chain_of_people_who_look_alike_is_no_print() -> None:
    """The first looks like the second, who looks like the third."""
    chain = [center(1)]
    for seed in range(3):
        chain.append(at_distance(chain[-1], 0.24, seed))
    faces = np.stack(chain)
    apart = np.linalg.norm(faces[:, None] - faces[None], axis=2)
    assert (apart < DLIB.repeated_face).sum() == 4 + 2 * 3  # themselves, and the chain
    assert standing(faces, [0] * 4) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_faces_changes_nothing(seed: int) -> None:
    faces = np.concatenate([shots(1, 4), shots(2, 3), center(3)[None], shots(4, 3)])
    photos = np.array([0] * 8 + [1] * 3)
    order = np.random.default_rng(seed).permutation(len(faces))
    plain = representatives(faces, photos, DLIB)
    shuffled = representatives(faces[order], photos[order], DLIB)
    assert (order[shuffled] == plain[order]).all()


def test_no_faces_have_none() -> None:
    assert standing(np.empty((0, 128), np.float32), []) == []
