from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.crowding import crowding_of_clusters, crowding_of_people
from picprocure.faces.thresholds import Thresholds
from picprocure.faces.types import EMBEDDING_SIZE, Embedding

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
    crowding = crowding_of_clusters(np.array([0]), faces, clusters, SMALL)
    assert crowding == pytest.approx([(0.5 + 0.9) / 2], abs=1e-3)


def test_clusters_count_once_however_many_faces_they_have() -> None:
    faces = on_a_line(0.0, 0.2, 0.5, 0.5, 0.5, 0.5, 0.9)
    clusters = np.array([0, 1, 2, 2, 2, 2, 3])
    crowding = crowding_of_clusters(np.array([0]), faces, clusters, SMALL)
    assert crowding == pytest.approx([(0.5 + 0.9) / 2], abs=1e-3)


def test_the_distance_of_two_clusters_is_the_mean_over_their_faces() -> None:
    faces = on_a_line(0.0, 0.2, 9.0, 0.6, 1.0, 3.0)
    clusters = np.array([0, 0, 1, 2, 2, 3])
    crowding = crowding_of_clusters(np.array([3, 0]), faces, clusters, SMALL)
    to_first = [abs(3.0 - 0.0), abs(3.0 - 0.2)]
    assert crowding == pytest.approx([(np.mean(to_first) + 6.0) / 2, (2.9 + 8.9) / 2], abs=1e-3)
