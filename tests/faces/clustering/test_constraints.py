"""Clusters that agree with what is known of faces."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from faces.synthetic import photographed
from picprocure.faces.clustering.constraints import Constraints, constrained, joined
from picprocure.faces.vectors import unit

THRESHOLD = 0.6


def faces_of(*people: int) -> NDArray[np.float32]:
    """Return one face for each number of a person."""
    return unit(np.array([photographed(person, row) for row, person in enumerate(people)]))


def changed(
    clusters: list[int],
    faces: NDArray[np.float32],
    constraints: Constraints,
    photos: list[int] | None = None,
) -> list[int]:
    result = constrained(
        np.array(clusters, dtype=np.int32),
        faces,
        np.array(photos or range(len(clusters))),
        constraints,
        threshold=THRESHOLD,
    )
    return [int(number) for number in result]


def parts(clusters: list[int]) -> set[frozenset[int]]:
    return {
        frozenset(row for row, other in enumerate(clusters) if other == one) for one in clusters
    }


def test_without_constraints_clusters_stay() -> None:
    clusters = [3, 1, 3]
    assert changed(clusters, faces_of(0, 1, 0), Constraints()) == clusters


def test_clusters_with_faces_that_are_together_become_one() -> None:
    result = changed([0, 0, 1, 1, 2], faces_of(0, 0, 1, 1, 2), Constraints(together=((1, 2),)))
    assert parts(result) == {frozenset({0, 1, 2, 3}), frozenset({4})}


def test_chain_of_faces_that_are_together_joins_all_their_clusters() -> None:
    together = tuple(joined([(0, 1), (2, 3), (1, 2)]))
    result = changed([0, 1, 2, 3], faces_of(0, 1, 2, 3), Constraints(together=together))
    assert len(set(result)) == 1


def test_other_faces_go_with_the_nearest_of_two_that_are_apart() -> None:
    faces = faces_of(0, 1, 0, 1, 0, 1, 1)
    result = changed([0] * 7, faces, Constraints(apart=frozenset({(0, 1)})))
    assert parts(result) == {frozenset({0, 2, 4}), frozenset({1, 3, 5, 6})}


def test_other_people_of_a_divided_cluster_are_one_only_if_they_are_near() -> None:
    faces = faces_of(0, 0, 1, 1, 2)
    apart = frozenset({(0, 2), (0, 3), (0, 4)})
    result = changed([0] * 5, faces, Constraints(((0, 1),), apart))
    assert parts(result) == {frozenset({0, 1}), frozenset({2, 3}), frozenset({4})}


def test_faces_of_one_photo_stay_apart_when_their_clusters_become_one() -> None:
    faces = faces_of(0, 0, 0, 1)
    result = changed([0, 0, 1, 1], faces, Constraints(((0, 2),)), photos=[0, 1, 2, 1])
    assert parts(result) == {frozenset({0, 1, 2}), frozenset({3})}


def test_what_does_not_fit_becomes_one_cluster_where_it_can() -> None:
    faces = faces_of(0, 0, 1, 1, 0, 1)
    photos = [0, 1, 0, 1, 2, 3]
    result = changed([0, 0, 1, 1, 0, 1], faces, Constraints(((4, 5),)), photos=photos)
    assert parts(result) == {frozenset({0, 1, 4, 5}), frozenset({2, 3})}


@pytest.mark.parametrize("seed", range(20))
def test_random_constraints_hold_in_any_order_of_the_faces(seed: int) -> None:
    chosen = random.Random(seed)
    count = 40
    owners = [chosen.randrange(6) for _ in range(count)]
    faces = faces_of(*owners)
    photos = [chosen.randrange(count // 2) for _ in range(count)]
    clusters = [chosen.randrange(8) for _ in range(count)]
    people = [[row for row in range(count) if owners[row] == one] for one in range(6)]
    together = [
        tuple(chosen.sample(rows, chosen.randint(2, 3))) for rows in people if len(rows) > 3
    ]
    representatives = [rows[0] for rows in together]
    apart = frozenset(
        (one, other)
        for one in representatives
        for other in representatives
        if one < other and chosen.random() < 0.5
    )
    constraints = Constraints(tuple(joined(together)), apart)
    result = changed(clusters, faces, constraints, photos)
    for rows in together:
        assert len({result[row] for row in rows}) == 1
    assert all(result[one] != result[other] for one, other in constraints.pairs_apart())
    named = {row for rows in together for row in rows}
    for part in parts(result):
        free = [photos[row] for row in part - named]
        if part & named:
            assert len(free) == len(set(free) - {photos[row] for row in part & named})
    touched = {clusters[row] for row in named}
    assert {part for part in parts(clusters) if clusters[min(part)] not in touched} <= parts(result)

    order = chosen.sample(range(count), count)
    place = np.argsort(order)
    moved = changed(
        [clusters[row] for row in order],
        faces[order],
        constraints.renumbered(place),
        [photos[row] for row in order],
    )
    assert {frozenset(order[row] for row in part) for part in parts(moved)} == parts(result)


def test_faces_that_became_one_are_neither_together_nor_apart() -> None:
    constraints = Constraints(((0, 1), (2, 3)), frozenset({(0, 2)}))
    assert constraints.renumbered(np.array([0, 0, 1, 2])) == Constraints(
        ((1, 2),), frozenset({(0, 1)})
    )
    assert not constraints.renumbered(np.array([0, 0, 0, 0]))


def test_what_is_known_of_some_faces_holds_without_the_others() -> None:
    known = Constraints(together=((0, 1, 5), (2, 6)), apart=frozenset({(3, 5), (2, 4), (7, 8)}))
    assert known.among(np.array([0, 1, 3, 6, 4])) == Constraints(
        together=((0, 1),), apart=frozenset({(2, 0), (2, 1), (3, 4)})
    )
    assert known.among(np.arange(9)).people() == known.people()
