"""Group the faces of an event into clusters. Each should be one person.

This runs Chinese Whispers (`chinese_whispers`) on the graph of near faces (`neighbor_graph`). Two
faces of one photo are two people, so they are never neighbors and never in one cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.kept_clusters import Settings
from picprocure.faces.clustering.labels import leaders_among, pass_labels
from picprocure.faces.clustering.neighbor_graph import NeighborGraph, PairSearch
from picprocure.faces.distances import Distances
from picprocure.faces.vectors import face_keys, mixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.clustering.kept_clusters import KeptClusters
    from picprocure.faces.types import Embeddings


def cluster_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    *,
    threshold: float,
    copy_distance: float = 0.0,
    seed: int = 0,
    distances: Distances | None = None,
    kept: KeptClusters | None = None,
) -> NDArray[np.int32]:
    """Return the cluster of each face, int32 (n,), numbered from 0.

    The order of the faces and of the photos doesn't change the result.

    Args:
        embeddings: The faces (n, 128).
        photo_ids: The photo of each face (n,).
        threshold: Faces of different photos that are nearer than this are neighbors. A Euclidean
            distance above 0.
        copy_distance: Faces of different photos that are nearer than this are copies, as in a
            burst. The first of them counts, and the others follow it. By default, there are none.
        seed: Decides the order in which faces are visited.
        distances: Counts the computed distances.
        kept: What is kept of an earlier clustering of the event. The result is the same as without
            it. The faces must be on the grid (`vectors.GRID`).

    Raises:
        ValueError: The lengths differ, a value is not a finite number, or the threshold is not
            above 0.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = np.ascontiguousarray(embeddings, dtype=np.float32)
    _check(faces, photos, threshold)
    if not len(faces):
        return np.empty(0, dtype=np.int32)
    order = canonical_order(faces, photos)
    settings = Settings(threshold, copy_distance, seed)
    # The ordered copies aren't named, so that each is freed when it isn't needed any more.
    labels = kept.labels(faces[order], photos[order], settings) if kept else None
    if labels is None:
        labels = _labels(faces[order], photos[order], settings, distances or Distances())
    clusters = np.empty(len(faces), dtype=np.int32)
    clusters[order] = _numbered(_one_in_a_photo(labels, photos[order]))
    return clusters


def _labels(
    faces: Embeddings, photos: NDArray[np.int64], settings: Settings, distances: Distances
) -> NDArray[np.int64]:
    """Return a label for each face, in the canonical order, with equal labels for one person."""
    leaders = _leaders(faces, photos, settings, distances)
    different, rows = np.unique(leaders, return_inverse=True)
    faces, photos = faces[different], photos[different]
    graph = NeighborGraph(PairSearch(faces, photos, settings.threshold, distances))
    return pass_labels(graph, faces, photos, settings.seed)[rows]


def _leaders(
    faces: Embeddings, photos: NDArray[np.int64], settings: Settings, distances: Distances
) -> NDArray[np.int64]:
    """Return the face that each face is a copy of, or itself (n,)."""
    if not settings.copy_distance:
        return np.arange(len(faces))
    copies = NeighborGraph(PairSearch(faces, photos, settings.copy_distance, distances))
    return leaders_among(faces, photos, copies, settings.threshold)


def _one_in_a_photo(labels: NDArray[np.int64], photos: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels of which no photo has one twice. The first face of a photo keeps its label."""
    pairs = np.stack([photos, labels])
    _, first = np.unique(pairs, axis=1, return_index=True)
    labels = labels.copy()
    again = np.ones(len(labels), dtype=np.bool_)
    again[first] = False
    labels[again] = labels.max() + 1 + np.arange(again.sum())
    return labels


def _check(faces: Embeddings, photos: NDArray[np.int64], threshold: float) -> None:
    if len(faces) != len(photos):
        raise ValueError(f"{len(faces)} embeddings, but {len(photos)} photo ids")
    if not threshold > 0:
        raise ValueError(f"threshold {threshold}: a distance above 0 is needed")
    finite = np.isfinite(faces).all(axis=1)
    if not finite.all():
        raise ValueError(f"embedding {finite.argmin()} holds values that are no finite numbers")


def canonical_order(embeddings: Embeddings, photo_ids: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return an order of the faces, photo after photo, that depends only on the faces.

    Which of two photos comes first depends on nothing but their faces. Photos with exactly the same
    faces are in the order of their ids.

    Args:
        embeddings: The faces (n, 128), at least one.
        photo_ids: The photo of each face (n,).
    """
    keys = face_keys(embeddings)
    _, photo = np.unique(photo_ids, return_inverse=True)
    photo_keys = np.zeros(int(photo.max()) + 1, dtype=np.uint64)
    np.add.at(photo_keys, photo, mixed(keys))
    return np.lexsort((keys, photo, photo_keys[photo]))


def _numbered(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    """Replace labels by 0, 1, 2 … in the order in which they first appear."""
    _, first, where = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[where]
