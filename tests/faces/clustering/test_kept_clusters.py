"""Clustering with what was kept of the last time gives the same clusters as without."""

from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.clustering.kept_clusters import KeptClusters
from picprocure.faces.distances import Distances
from seeds import seeds

from ..synthetic import step
from .plain_chinese_whispers import look_alikes, on_grid


@pytest.mark.parametrize("seed", seeds(300, few=15))
def test_faces_that_come_and_go_are_clustered_as_if_they_were_new(seed: int) -> None:
    """Copies and thresholds change, too."""
    random = np.random.default_rng(seed)
    faces, numbers = look_alikes(
        faces=120, photos=40, spread=float(random.choice([0, 0.01, 0.02])), seed=seed
    )
    photos = np.array(numbers)
    is_there = random.random(len(faces)) < 0.6
    threshold = float(random.choice([0.3, 0.44]))
    copy_distance = float(random.choice([0, 0.12, 0.25]))
    kept = KeptClusters(Distances(), 10**7)
    for _ in range(6):
        found = cluster_faces(
            faces[is_there],
            photos[is_there],
            threshold=threshold,
            copy_distance=copy_distance,
            kept=kept,
        )
        expected = cluster_faces(
            faces[is_there], photos[is_there], threshold=threshold, copy_distance=copy_distance
        )
        assert found.tolist() == expected.tolist()
        is_there[photos == random.integers(40)] ^= True
        is_there[random.integers(len(faces))] ^= True
        if random.random() < 0.5:
            threshold *= float(random.choice([0.95, 0.99, 1.01, 1.05]))


@pytest.mark.parametrize("seed", range(8))
def test_two_that_met_through_a_face_part_when_it_becomes_a_copy(seed: int) -> None:
    """The new face is nearer to none of the two, and its copy is asked no more."""
    middle = step(0.2, seed=seed)
    left, right, new = middle.copy(), middle.copy(), middle.copy()
    left[0] += 0.475
    right[1] += 0.475
    new[:2] -= 0.075
    faces, photos = on_grid(np.stack([middle, left, right, new])), np.arange(4)
    kept = KeptClusters(Distances(), 10**6)
    for count in (3, 4, 3):
        found, expected = (
            cluster_faces(
                faces[:count], photos[:count], threshold=0.5, copy_distance=0.15, kept=memory
            )
            for memory in (kept, None)
        )
        assert found.tolist() == expected.tolist()
