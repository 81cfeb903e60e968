"""Faces that one photo shows several times have one that stands for them."""

from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.repeated_faces import may_be_repeated, representatives
from picprocure.faces.thresholds import DLIB
from picprocure.faces.types import Box, Embeddings
from picprocure.faces.vectors import normalize

from ..synthetic import at_distance, center

SIDE = 100
CLOSE, ALIKE = 0.15, 0.3
"""Shots taken within minutes, and pictures of any time, to one face of the person."""


def shots(person: int, count: int, distance: float = CLOSE) -> Embeddings:
    return np.stack([at_distance(center(person), distance, seed) for seed in range(count)])


def column(count: int, left: int = 0, *, step: int = 120) -> list[Box]:
    """Return boxes above each other, as in a print."""
    tops = range(0, count * step, step)
    return [Box(left, top, left + SIDE, top + SIDE) for top in tops]


def row(count: int) -> list[Box]:
    return [Box(120 * place, 0, 120 * place + SIDE, SIDE) for place in range(count)]


def standing(faces: Embeddings, boxes: list[Box] | None = None) -> list[int]:
    photo = np.zeros(len(faces), dtype=np.int64)
    return [int(face) for face in representatives(faces, photo, boxes, DLIB)]


def test_faces_of_different_people_stand_for_themselves() -> None:
    faces = np.stack([center(person) for person in range(5)])
    for boxes in (None, row(5), column(5)):
        assert standing(faces, boxes) == [0, 1, 2, 3, 4]


def test_one_of_several_shots_stands_for_all() -> None:
    faces = np.concatenate([shots(1, 4), center(2)[None]])
    chosen = standing(faces)
    assert len(set(chosen[:4])) == 1
    assert chosen[0] < 4
    assert chosen[4] == 4


def test_pictures_of_any_time_are_one_person_in_a_column_of_a_print() -> None:
    faces = shots(1, 4, distance=0.22)
    apart = np.linalg.norm(faces[:, None] - faces[None], axis=2)
    assert DLIB.repeated_face < apart[0, 1] < DLIB.reference_agreement
    assert len(set(standing(faces, column(4)))) == 1
    assert standing(faces, row(4)) == standing(faces) == [0, 1, 2, 3]


def test_two_people_in_a_print_are_two() -> None:
    faces = np.concatenate([shots(1, 4), shots(2, 4)])
    chosen = standing(faces, column(4) + column(4, left=150))
    assert len(set(chosen[:4])) == len(set(chosen[4:])) == 1
    assert chosen[0] != chosen[4]


def test_shots_of_two_people_who_look_alike_are_not_one_person() -> None:
    """In the middle between them, a shot of one may be near one of the other."""
    sister = at_distance(center(1), ALIKE, seed=50)
    between = normalize((center(1) + sister)[None])
    faces = np.concatenate([shots(1, 3, 0.1), between, sister[None], sister[None]])
    chosen = standing(faces)
    assert chosen[0] == chosen[1] == chosen[2]
    assert chosen[4] != chosen[0]


def test_shots_of_several_photos_stand_for_themselves() -> None:
    faces = shots(1, 4)
    assert representatives(faces, np.arange(4), None, DLIB).tolist() == [0, 1, 2, 3]


def test_two_faces_that_look_alike_are_two_people() -> None:
    """They may be twins or siblings."""
    twins = np.stack([center(1), at_distance(center(1), 0.24)])
    for boxes in (None, row(2), column(2)):
        assert standing(twins, boxes) == [0, 1]


def test_three_people_who_look_alike_are_three() -> None:
    sisters = shots(1, 3, distance=0.22)
    apart = np.linalg.norm(sisters[:, None] - sisters[None], axis=2)
    assert (apart < DLIB.reference_agreement).all()
    assert standing(sisters, row(3)) == [0, 1, 2]
    in_front = [Box(0, 0, 100, 100), Box(110, 10, 210, 110), Box(40, 120, 160, 240)]
    assert standing(sisters, in_front) == [0, 1, 2]


def test_a_face_and_its_picture_on_a_screen_are_one() -> None:
    picture = np.stack([center(1), at_distance(center(1), 0.15)])
    assert len(set(standing(picture))) == 1


def test_a_picture_of_one_shot_of_a_print_is_the_same_person() -> None:
    faces = shots(1, 3)
    picture = at_distance(faces[0], 0.1, seed=9)
    assert len(set(standing(np.concatenate([faces, picture[None]])))) == 1


def test_a_chain_of_people_who_look_alike_is_not_one_person() -> None:
    """The first looks like the second, who looks like the third."""
    chain = [center(1)]
    for seed in range(3):
        chain.append(at_distance(chain[-1], 0.24, seed))
    assert standing(np.stack(chain)) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_faces_changes_nothing(seed: int) -> None:
    faces = np.concatenate([shots(1, 4), shots(2, 3), center(3)[None], shots(4, 3, 0.22)])
    photos = np.array([0] * 8 + [1] * 3)
    boxes = row(8) + column(3)
    order = np.random.default_rng(seed).permutation(len(faces))
    plain = representatives(faces, photos, boxes, DLIB)
    shuffled = representatives(faces[order], photos[order], [boxes[n] for n in order], DLIB)
    assert (order[shuffled] == plain[order]).all()


def test_no_faces_have_none() -> None:
    assert standing(np.empty((0, 128), np.float32), []) == []
    assert not len(may_be_repeated(np.empty((0, 128), np.float32), np.zeros(0, int), DLIB))


def repeated(faces: Embeddings, photos: list[int]) -> list[bool]:
    found: list[bool] = may_be_repeated(faces, np.array(photos), DLIB).tolist()
    return found


def test_three_pictures_of_a_person_in_any_places_may_be_one_person() -> None:
    faces = np.concatenate([shots(1, 3, 0.22), center(2)[None], shots(3, 2, 0.22)])
    assert repeated(faces, [0] * 6) == [True, True, True, False, False, False]
    order = [3, 0, 4, 1, 5, 2]
    assert repeated(faces[order], [0] * 6) == [False, True, False, True, False, True]


def test_faces_of_several_photos_are_not_repeated() -> None:
    assert repeated(shots(1, 4, 0.22), [0, 1, 0, 1]) == [False] * 4
    assert repeated(shots(1, 6, 0.22), [0, 1, 0, 1, 0, 1]) == [True] * 6
