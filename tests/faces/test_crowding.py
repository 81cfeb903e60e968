from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces import crowding, distances
from picprocure.faces.crowding import crowding_of_clusters, crowding_of_people, nearest_of
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE, Embedding

from .plain_matching import plain_cluster_crowding
from .synthetic import photographed

SMALL = Thresholds(cohort_skip=1, cohort_size=2, cohort_prior=0.7)


def on_a_line(*places: float) -> Embedding:
    faces = np.zeros((len(places), EMBEDDING_SIZE), dtype=np.float32)
    faces[:, 0] = places
    return faces


def test_a_persons_own_cluster_and_the_next_do_not_count_as_the_crowd() -> None:
    to_people = np.array([[0.9], [0.1], [0.5], [0.3], [0.7]], dtype=np.float32)
    assert crowding_of_people(to_people, SMALL) == pytest.approx([(0.5 + 0.7) / 2])


def test_each_person_has_a_crowd_of_their_own() -> None:
    to_people = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.6], [0.4, 0.5]], dtype=np.float32)
    assert crowding_of_people(to_people, SMALL) == pytest.approx([0.35, 0.85])


def test_the_prior_stands_in_for_the_crowd_that_a_small_event_lacks() -> None:
    alone = np.array([[0.2]], dtype=np.float32)
    assert crowding_of_people(alone, SMALL) == pytest.approx([0.7])
    three = np.array([[0.2], [0.3], [0.5]], dtype=np.float32)
    assert crowding_of_people(three, SMALL) == pytest.approx([(0.5 + 0.7) / 2])


def test_a_cluster_is_no_part_of_its_own_crowd() -> None:
    faces, clusters = on_a_line(0.0, 0.2, 0.5, 0.9), np.arange(4)
    around = crowding_of_clusters(np.array([0]), faces, clusters, SMALL)
    assert around == pytest.approx([(0.5 + 0.9) / 2], abs=1e-3)


def test_clusters_count_once_however_many_faces_they_have() -> None:
    faces = on_a_line(0.0, 0.2, 0.5, 0.5, 0.5, 0.5, 0.9)
    clusters = np.array([0, 1, 2, 2, 2, 2, 3])
    around = crowding_of_clusters(np.array([0]), faces, clusters, SMALL)
    assert around == pytest.approx([(0.5 + 0.9) / 2], abs=1e-3)


def test_the_distance_of_two_clusters_is_the_mean_over_their_faces() -> None:
    faces = on_a_line(0.0, 0.2, 9.0, 0.6, 1.0, 3.0)
    clusters = np.array([0, 0, 1, 2, 2, 3])
    around = crowding_of_clusters(np.array([3, 0]), faces, clusters, SMALL)
    to_first = [abs(3.0 - 0.0), abs(3.0 - 0.2)]
    assert around == pytest.approx([(np.mean(to_first) + 6.0) / 2, (2.9 + 8.9) / 2], abs=1e-3)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_blocks_of_any_size_give_what_the_whole_matrix_gives(
    seed: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cluster or many, of one face or of more than fit into a block."""
    monkeypatch.setattr(distances, "_MIN_ROWS", block)
    monkeypatch.setattr(distances, "_BLOCK_DISTANCES", block)
    monkeypatch.setattr(crowding, "_SUMS", block * 20)
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 90))
    faces = np.stack([photographed(n % 30, n) for n in range(count)])
    _, clusters = np.unique(random.integers(0, [1, 5, 60][seed % 3], count), return_inverse=True)
    wanted = random.permutation(clusters.max() + 1)[:40]
    around = crowding_of_clusters(wanted, faces, clusters, DEFAULT)
    expected = plain_cluster_crowding(faces, clusters, DEFAULT)[wanted]
    assert around == pytest.approx(expected, abs=1e-4)


def test_the_nearest_are_all_that_the_crowd_of_a_person_needs() -> None:
    to_people = np.random.default_rng(1).random((200, 30), dtype=np.float32)
    nearest = nearest_of(to_people.T, DEFAULT).T
    assert len(nearest) < 20
    assert np.array_equal(
        crowding_of_people(nearest, DEFAULT), crowding_of_people(to_people, DEFAULT)
    )
