"""Label the faces of a graph: equal labels for one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.chinese_whispers import ChineseWhispers
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.clustering.neighbor_graph import NeighborGraph
    from picprocure.faces.types import Embeddings


def pass_labels(
    graph: NeighborGraph, faces: Embeddings, photos: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Return the label of each face (n,).

    Args:
        graph: The neighbors of each face.
        faces: In the canonical order (n, 128).
        photos: The photo of each face (n,), the faces of a photo together.
        seed: Decides the order in which faces are visited.
    """
    photo_starts = np.flatnonzero(np.diff(photos, prepend=photos[0] - 1))
    return ChineseWhispers(graph, photo_starts).run(face_keys(faces), seed)


def leaders_among(
    faces: Embeddings, photos: NDArray[np.int64], copies: NeighborGraph, threshold: float
) -> NDArray[np.int64]:
    """Return the face that each face is a copy of: the first one, or itself (n,).

    A face that is near another one of its photo can be a copy, but not the first one. Its copies
    would inherit that they are not the person of the other face.

    Args:
        faces: In the canonical order.
        photos: The photo of each face (n,), the faces of a photo together.
        copies: Which faces of different photos are copies of each other.
        threshold: Faces that are nearer than this are near.
    """
    leaders = np.arange(len(faces))
    copied = np.flatnonzero(copies.counts)
    for face in copied[~_is_near_another_in_photo(faces, photos, copied, threshold)].tolist():
        if leaders[face] == face:
            near = copies.neighbors_of(face).faces
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
