"""Find faces that one photo shows several times: in prints, collages, mirrors and on screens.

Two faces of one photo count as two people, and so keep clusters of one person apart. Faces that
repeat another one of the photo must not. One of them stands for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings

_MIN_NEAR: Final = 2
"""A face is one of several shots of a person if so many others of them are near it. Twins and
siblings are two, so of two faces only a picture of a face is certain."""


def representatives(
    faces: Embeddings, photos: NDArray[np.int64], thresholds: Thresholds
) -> NDArray[np.intp]:
    """Return the row of the face that stands for each face, intp (n,). Most stand for themselves.

    The order of the faces doesn't change the result.

    Args:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        thresholds: The distances within which faces of a photo are one person.
    """
    standing = np.arange(len(faces))
    order = np.lexsort((face_keys(faces), photos))
    starts = np.flatnonzero(np.diff(photos[order], prepend=photos[order[:1]] - 1))
    for rows in np.split(order, starts[1:]):
        if len(rows) > 1:
            distances = distances_between(faces[rows], faces[rows])
            for group in _groups(distances, thresholds):
                within = distances[np.ix_(group, group)]
                standing[rows[group]] = rows[group[within.sum(axis=1).argmin()]]
    return standing


def _groups(distances: NDArray[np.float32], thresholds: Thresholds) -> list[NDArray[np.intp]]:
    """Return the groups of a photo's faces that show one person."""
    repeated = _components(_several_shots(distances < thresholds.repeated_face))
    sizes = np.bincount(repeated, minlength=len(distances))
    pictures = _components(distances < thresholds.same_picture)
    labels = np.where(sizes[repeated] > 1, repeated, len(distances) + pictures)
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return [np.flatnonzero(inverse == group) for group in np.flatnonzero(counts > 1)]


def _several_shots(are_near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which faces are near each other and each near to at least `_MIN_NEAR` others."""
    near: NDArray[np.bool_] = are_near & ~np.eye(len(are_near), dtype=np.bool_)
    while True:
        too_few = near.any(axis=1) & (near.sum(axis=1) < _MIN_NEAR)
        if not too_few.any():
            return near
        near = near & ~too_few[:, None] & ~too_few[None, :]


def _components(are_near: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the lowest row that each row is connected with, directly or by others (n,)."""
    are_near = are_near | np.eye(len(are_near), dtype=np.bool_)
    labels = np.arange(len(are_near))
    while True:
        lowest = np.where(are_near, labels, len(labels)).min(axis=1)
        if (lowest == labels).all():
            return labels
        labels = np.minimum(lowest, labels)
