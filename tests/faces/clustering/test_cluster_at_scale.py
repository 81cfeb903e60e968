"""Fast clustering gives the same result as the plain one, and needs little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from picprocure.faces.clustering import neighbor_graph
from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.clustering.neighbor_graph import NeighborGraph, PairSearch
from picprocure.faces.types import EMBEDDING_SIZE, Embeddings
from seeds import seeds

from ..synthetic import center, party, step
from .plain_chinese_whispers import look_alikes, plain_clusters

MB = 2**20


def keep_no_more_than(pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbor_graph, "_MAX_PAIRS", pairs)
    monkeypatch.setattr(neighbor_graph, "_MAX_PAIRS_PER_FACE", 0)


def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbor_graph, "_ROWS", 16)
    monkeypatch.setattr(neighbor_graph, "_COLUMNS", 24)


@pytest.mark.parametrize("seed", seeds(40, few=5))
@pytest.mark.parametrize("max_pairs", [0, 60, 1_000_000])
def test_the_labels_are_those_of_the_plain_way(
    seed: int, max_pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbors may all be stored, in part, or computed each time. The result is the same."""
    keep_no_more_than(max_pairs, monkeypatch)
    small_blocks(monkeypatch)
    random = np.random.default_rng(seed)
    faces, photos = look_alikes(
        faces=int(random.choice([2, 30, 120, 120])),
        photos=int(random.choice([1, 10, 20, 40])),
        spread=float(random.choice([0.0, 0.01, 0.02, 0.03])),
        seed=seed,
    )
    threshold = float(random.choice([0.3, 0.44, 0.5]))
    found = cluster_faces(faces, photos, threshold=threshold, seed=seed)
    expected = plain_clusters(faces, photos, threshold=threshold, seed=seed)
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("max_pairs", [0, 500, 1_000_000])
def test_neighbors_are_symmetric_and_complete(max_pairs: int) -> None:
    faces, photos = look_alikes(faces=150, photos=40, spread=0.02, seed=1)
    apart = np.linalg.norm(faces[:, None].astype(np.float64) - faces, axis=2)
    near = (apart < 0.44) & (np.array(photos)[:, None] != photos)
    graph = NeighborGraph(PairSearch(faces, np.array(photos), 0.44), max_pairs=max_pairs)
    weights = np.zeros(near.shape, dtype=np.uint8)
    for face in range(len(graph)):
        neighbors = graph.neighbors_of(face)
        weights[face, neighbors.faces] = neighbors.weights
    assert np.array_equal(weights > 0, near)
    assert np.array_equal(weights, weights.T)
    assert np.array_equal(graph.counts, near.sum(axis=1))


def test_the_faces_with_the_most_neighbors_are_not_stored() -> None:
    one_person = [center(1) + step(0.05, seed=n) for n in range(60)]
    couples = [center(100 + n // 2) for n in range(40)]
    faces = np.stack(one_person + couples)
    graph = NeighborGraph(PairSearch(faces, np.arange(100), 0.3), max_pairs=200)
    assert graph.is_dense[:60].all()
    assert not graph.is_dense[60:].any()
    assert set(graph.neighbors_of(0).faces.tolist()) == set(range(1, 60))


def test_fetched_neighbors_are_the_same_as_computed_one_by_one() -> None:
    faces, photos = look_alikes(faces=80, photos=30, spread=0.0, seed=3)
    graph = NeighborGraph(PairSearch(faces, np.array(photos), 0.44), max_pairs=0)
    wanted = np.random.default_rng(0).permutation(np.flatnonzero(graph.is_dense))[:20]
    alone = {face: sorted(zip(*graph.neighbors_of(face), strict=True)) for face in wanted.tolist()}
    graph.fetch(wanted)
    assert all(graph.is_available(face) for face in wanted.tolist())
    for face in wanted.tolist():
        assert sorted(zip(*graph.neighbors_of(face), strict=True)) == alone[face]


@pytest.mark.parametrize("length", [0.0, 1.0, 30.0])
def test_rounding_decides_about_no_pair(length: float) -> None:
    """Far from the origin, products in float32 are too coarse. The threshold still holds."""
    origin = step(length, seed=1)
    faces = np.stack([origin, origin])
    for apart in (0.25 - 2**-16, 0.25 + 2**-16):
        faces[1, 0] = faces[0, 0] + np.float32(apart)
        labels = cluster_faces(faces, [0, 1], threshold=0.25)
        true = np.linalg.norm(faces[1].astype(np.float64) - faces[0])
        assert (labels[0] == labels[1]) == (true < 0.25)


def test_all_distances_are_never_in_memory_at_once() -> None:
    """6,000 faces have 144 MB of distances; clustering them takes a few blocks and no more."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(600, EMBEDDING_SIZE)) * 0.05
    faces = np.repeat(centers, 10, axis=0) + random.normal(size=(6_000, EMBEDDING_SIZE)) * 0.02
    assert peak_of_clustering(faces.astype(np.float32)) < 40 * MB


def test_all_pairs_of_one_person_are_not_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """800 photos of one person: their 320,000 pairs would take 7 MB."""
    keep_no_more_than(50_000, monkeypatch)
    small_blocks(monkeypatch)
    monkeypatch.setattr(neighbor_graph, "_MAX_RECOMPUTED", 50_000)
    faces = np.stack([center(1) + step(0.1, seed=n) for n in range(800)])
    assert peak_of_clustering(faces) < 5 * MB


def peak_of_clustering(faces: Embeddings) -> int:
    photos = np.arange(len(faces))
    tracemalloc.start()
    cluster_faces(faces, photos, threshold=0.44)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_party_is_sorted_alike_whatever_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    event = party(people=40, photos=200, seed=4)
    kept = cluster_faces(event.embeddings, event.photos, threshold=0.38)
    keep_no_more_than(100, monkeypatch)
    computed = cluster_faces(event.embeddings, event.photos, threshold=0.38)
    assert kept.tolist() == computed.tolist()
