"""Let faces join clusters that stay as they are, whatever joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.distances import Distances
    from picprocure.faces.types import Embeddings


def join_clusters(
    faces: Embeddings,
    photos: NDArray[np.int64],
    clustered: Embeddings,
    clusters: NDArray[np.int32],
    *,
    threshold: float,
    copy_distance: float = 0.0,
    seed: int = 0,
    distances: Distances,
) -> NDArray[np.int32]:
    """Return the cluster of each face, int32 (n,).

    A face joins the cluster of the nearest clustered face, if it is near enough. Of several faces
    of a photo, the nearest one joins. All other faces are clustered among themselves.

    Args:
        faces: The faces that join, on the grid (n, 128).
        photos: The photo of each of them (n,).
        clustered: Faces of other photos, on the grid (m, 128).
        clusters: The cluster of each of these (m,), numbered from 0.
        threshold: Faces that are nearer than this are neighbors.
        copy_distance: As for `cluster_faces`.
        seed: As for `cluster_faces`.
        distances: Computes distances.
    """
    joined = np.full(len(faces), -1, dtype=np.int32)
    if len(faces) and len(clustered):
        apart, nearest = distances.nearest("joining", faces, clustered)
        order = np.lexsort((face_keys(faces), apart))
        order = order[apart[order] < threshold]
        places = np.stack([photos[order], clusters[nearest[order]]])
        _, first = np.unique(places, axis=1, return_index=True)
        joined[order[first]] = clusters[nearest[order[first]]]
    left = np.flatnonzero(joined < 0)
    own = cluster_faces(
        faces[left],
        photos[left],
        threshold=threshold,
        copy_distance=copy_distance,
        seed=seed,
        distances=distances,
    )
    joined[left] = clusters.max(initial=-1) + 1 + own
    return joined
