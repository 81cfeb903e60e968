"""Group the faces of an event into clusters. Each should be one person.

This runs Chinese Whispers (`chinese_whispers`) on the graph of near faces (`neighbor_graph`). Two
faces of one photo are two people, so they are never neighbors and never in one cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.chinese_whispers import ChineseWhispers
from picprocure.faces.clustering.neighbor_graph import NeighborGraph, PairSearch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings


def cluster_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    *,
    threshold: float,
    copy_distance: float = 0.0,
    seed: int = 0,
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
    leaders = _leaders(faces[order], photos[order], copy_distance, threshold)
    different, rows = np.unique(leaders, return_inverse=True)
    labels = _labels(faces[order[different]], photos[order[different]], threshold, seed)[rows]
    clusters = np.empty(len(faces), dtype=np.int32)
    clusters[order] = _numbered(_one_in_a_photo(labels, photos[order]))
    return clusters


def _leaders(
    faces: Embeddings, photos: NDArray[np.int64], copy_distance: float, threshold: float
) -> NDArray[np.int64]:
    """Return the face that each face is a copy of: the first one, or itself (n,).

    A face that is near another one of its photo can be a copy, but not the first one. Its copies
    would inherit that they are not the person of the other face.

    Args:
        faces: In the canonical order.
        photos: The photo of each face (n,), the faces of a photo together.
        copy_distance: Faces of different photos that are nearer than this are copies.
        threshold: Faces that are nearer than this are near.
    """
    leaders = np.arange(len(faces))
    if not copy_distance:
        return leaders
    graph = NeighborGraph(PairSearch(faces, photos, copy_distance))
    copied = np.flatnonzero(graph.counts)
    for face in copied[~_is_near_another_in_photo(faces, photos, copied, threshold)].tolist():
        if leaders[face] == face:
            near = graph.neighbors_of(face).faces
            leaders[near[(near > face) & (leaders[near] == near)]] = face
    return leaders


def _is_near_another_in_photo(
    faces: Embeddings, photos: NDArray[np.int64], chosen: NDArray[np.intp], threshold: float
) -> NDArray[np.bool_]:
    """Return which of the chosen faces have a face in their own photo that is near (chosen,)."""
    near = np.zeros(len(chosen), dtype=np.bool_)
    starts = np.flatnonzero(np.diff(photos, prepend=photos[0] - 1))
    stops = np.append(starts[1:], len(photos))
    places = np.searchsorted(starts, chosen, side="right") - 1
    for row, (face, start, stop) in enumerate(
        zip(chosen.tolist(), starts[places].tolist(), stops[places].tolist(), strict=True)
    ):
        if stop - start > 1:
            distances = np.linalg.norm(faces[start:stop] - faces[face], axis=1)
            near[row] = (distances < threshold).sum() > 1
    return near


def _labels(
    faces: Embeddings, photos: NDArray[np.int64], threshold: float, seed: int
) -> NDArray[np.int64]:
    """Return a label for each face, in the canonical order, with equal labels for one person."""
    photo_starts = np.flatnonzero(np.diff(photos, prepend=photos[0] - 1))
    graph = NeighborGraph(PairSearch(faces, photos, threshold))
    return ChineseWhispers(graph, photo_starts).run(np.random.default_rng(seed))


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


def canonical_order(embeddings: Embeddings, photo_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an order of the faces, photo after photo, that depends only on the faces.

    Photos with exactly the same faces are in the order of their ids.

    Args:
        embeddings: The faces (n, 128), at least one.
        photo_ids: The photo of each face (n,).
    """
    rows = np.ascontiguousarray(embeddings).view(f"V{embeddings[0].nbytes}").ravel()
    ranks = np.unique(rows, return_inverse=True)[1].ravel()
    by_photo = np.lexsort((ranks, photo_ids))
    starts = np.flatnonzero(np.diff(photo_ids[by_photo], prepend=photo_ids[by_photo[0]] - 1))
    contents = ranks[by_photo].tolist()
    bounds = [*starts.tolist(), len(contents)]
    photos = sorted(  # stable: equal photos stay in the order of their ids
        range(len(starts)), key=lambda photo: contents[bounds[photo] : bounds[photo + 1]]
    )
    return np.concatenate([by_photo[bounds[photo] : bounds[photo + 1]] for photo in photos])


def _numbered(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    """Replace labels by 0, 1, 2 … in the order in which they first appear."""
    _, first, where = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[where]
