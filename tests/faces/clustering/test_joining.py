from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.clustering.joining import join_clusters
from picprocure.faces.distances import Distances
from picprocure.faces.types import Embedding, Embeddings
from picprocure.faces.vectors import unit

from ..synthetic import at_distance, center

NEAR, FAR = 0.2, 0.4
THRESHOLD = 0.3
PEOPLE = 4


def clustered() -> tuple[Embeddings, list[int]]:
    """Return three faces of each of some people, and their clusters."""
    faces = [at_distance(center(n // 3), 0.05, seed=n) for n in range(3 * PEOPLE)]
    return np.stack(faces), [n // 3 for n in range(3 * PEOPLE)]


def joined(faces: list[Embedding], photos: list[int]) -> list[int]:
    others, clusters = clustered()
    found: list[int] = join_clusters(
        unit(np.array(faces, dtype=np.float32).reshape(-1, 128)),
        np.array(photos, dtype=np.int64),
        unit(others),
        np.array(clusters, dtype=np.int32),
        threshold=THRESHOLD,
        distances=Distances(),
    ).tolist()
    return found


def test_faces_join_the_cluster_of_the_nearest_face() -> None:
    faces = [at_distance(center(person), NEAR, seed=person) for person in (2, 0, 3)]
    assert joined(faces, [7, 7, 7]) == [2, 0, 3]


def test_faces_that_are_near_no_cluster_are_clustered_among_themselves() -> None:
    one, other = center(50), center(51)
    faces = [at_distance(face, 0.1, seed=n) for n, face in enumerate((one, other, one, other, one))]
    first, second, *rest = joined([*faces, at_distance(center(1), FAR)], [7, 7, 8, 8, 9, 9])
    assert first >= PEOPLE
    assert second >= PEOPLE
    assert first != second
    assert rest[:3] == [first, second, first]
    assert rest[3] >= PEOPLE
    assert rest[3] not in (first, second)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_of_two_faces_of_a_photo_the_nearer_one_joins(order: list[int]) -> None:
    """So no photo has a cluster twice. In another photo, the farther one joins, too."""
    faces = [at_distance(center(1), distance, seed=9) for distance in (0.1, NEAR, NEAR)]
    photos = [7, 7, 8]
    found = joined([faces[n] for n in order], [photos[n] for n in order])
    assert [found[order.index(n)] == 1 for n in range(3)] == [True, False, True]
    assert found[order.index(1)] >= PEOPLE


def test_without_clusters_the_faces_are_clustered() -> None:
    faces = unit(np.stack([center(1), center(2), center(1)]))
    first, other, again = join_clusters(
        faces,
        np.array([1, 1, 2]),
        faces[:0],
        np.empty(0, dtype=np.int32),
        threshold=THRESHOLD,
        distances=Distances(),
    )
    assert first == again != other


def test_no_face_joins_nothing() -> None:
    assert joined([], []) == []
