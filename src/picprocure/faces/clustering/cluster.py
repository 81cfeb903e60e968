"""Grouping the faces of an event into clusters, each thought to be one person.

Chinese Whispers (`chinese_whispers`) on the graph of near faces (`neighbor_graph`). Two faces of
one photo are two people, so they are never neighbors and never end up in one cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.chinese_whispers import Whispers
from picprocure.faces.clustering.neighbor_graph import Neighbors, Proximity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings


def cluster_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    *,
    threshold: float,
    seed: int = 0,
) -> NDArray[np.int32]:
    """The cluster of each face, int32 (n,), numbered from 0.

    Faces of different photos that are nearer than ``threshold`` (Euclidean, above 0) are
    neighbors; each face again and again takes the cluster that weighs most among its neighbors.
    The result depends on the faces, on who shares a photo, and on the seed, not on the order in
    which faces or photos are given.

    Raises ``ValueError`` where the inputs don't go together or hold anything but numbers.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = np.ascontiguousarray(embeddings, dtype=np.float32)
    _check(faces, photos, threshold)
    if not len(faces):
        return np.empty(0, dtype=np.int32)
    order = canonical_order(faces, photos)
    photo_starts = np.flatnonzero(np.diff(photos[order], prepend=photos[order[0]] - 1))
    neighbors = Neighbors(Proximity(faces[order], photos[order], threshold))
    labels = Whispers(neighbors, photo_starts).settled(np.random.default_rng(seed))
    clusters = np.empty(len(faces), dtype=np.int32)
    clusters[order] = _numbered(labels)
    return clusters


def _check(faces: Embeddings, photos: NDArray[np.int64], threshold: float) -> None:
    if len(faces) != len(photos):
        raise ValueError(f"{len(faces)} embeddings, but {len(photos)} photo ids")
    if not threshold > 0:
        raise ValueError(f"threshold {threshold}: a distance above 0 is needed")
    finite = np.isfinite(faces).all(axis=1)
    if not finite.all():
        raise ValueError(f"embedding {finite.argmin()} holds values that are no finite numbers")


def canonical_order(embeddings: Embeddings, photo_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Photo after photo, in an order that depends on the faces, not on how they are listed.

    Ids decide only between photos that show the very same faces.
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
    """The labels as 0, 1, 2 … in the order in which they first appear."""
    _, first, where = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[where]
