"""Find faces that one photo shows several times: in prints, collages, mirrors and on screens.

Two faces of one photo count as two people, and so keep clusters of one person apart. Faces that
repeat another one of the photo must not. One of them stands for the others.

Other faces may be repeated, or be people who look alike. Each of them stands for itself, but their
photos are no evidence about other photos (`faces.sorting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.thresholds import COLUMN_OFFSET, COLUMN_RATIO, MIN_NEAR_SHOTS
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings

_COMPARED: Final = 4096
"""Pairs that are compared at once. Each takes 1 to 2 KB."""


def representatives(
    faces: Embeddings,
    photos: NDArray[np.int64],
    boxes: Sequence[Box] | None,
    thresholds: Thresholds,
) -> NDArray[np.intp]:
    """Return the row of the face that stands for each face, intp (n,). Most stand for themselves.

    The order of the faces doesn't change the result.

    Args:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        boxes: The box of each face (n,). Without them, columns of a print are not recognized.
        thresholds: The distances within which faces of a photo are one person.
    """
    standing = np.arange(len(faces))
    order = np.lexsort((face_keys(faces), photos))
    for rows in _photos_with_near_faces(faces, photos, order, thresholds.reference_agreement):
        distances = distances_between(faces[rows], faces[rows])
        are_one = _are_one_person(distances, boxes and [boxes[row] for row in rows], thresholds)
        standing[rows] = rows[_standing_in_photo(distances, are_one)]
    return standing


def may_be_repeated(
    faces: Embeddings, photos: NDArray[np.int64], thresholds: Thresholds
) -> NDArray[np.bool_]:
    """Return which faces may be one of three or more that a photo shows of one person (n,).

    They are near enough to be one person, as in a collage of pictures of any time.

    Args:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        thresholds: The distance within which faces of a photo may be one person.
    """
    repeated = np.zeros(len(faces), dtype=np.bool_)
    order = np.argsort(photos, kind="stable")
    for rows in _photos_with_near_faces(faces, photos, order, thresholds.reference_agreement):
        distances = distances_between(faces[rows], faces[rows])
        near = _several_shots(distances < thresholds.reference_agreement)
        repeated[rows] = near.any(axis=1)
    return repeated


def _photos_with_near_faces(
    faces: Embeddings,
    photos: NDArray[np.int64],
    order: NDArray[np.intp],
    distance: float,
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of the faces of each photo in which two faces are nearer than a distance.

    Args:
        faces: Embeddings (n, 128).
        photos: The photo of each face (n,).
        order: The rows of all faces, photo after photo (n,).
        distance: Above 0.
    """
    starts = np.flatnonzero(np.diff(photos[order], prepend=photos[order[:1]] - 1))
    sizes = np.diff(starts, append=len(order))
    has_near = np.zeros(len(starts), dtype=np.bool_)
    number = np.repeat(np.arange(len(starts)), sizes)
    for step in range(1, int(sizes.max(initial=1))):  # compare each face with the one so far behind
        all_first = np.flatnonzero(number[step:] == number[:-step])
        for top in range(0, len(all_first), _COMPARED):
            first = all_first[top : top + _COMPARED]
            apart = np.linalg.norm(faces[order[first]] - faces[order[first + step]], axis=1)
            has_near[number[first[apart < distance]]] = True
    for photo in np.flatnonzero(has_near).tolist():
        yield order[starts[photo] : starts[photo] + sizes[photo]]


def _are_one_person(
    distances: NDArray[np.float32], boxes: Sequence[Box] | None, thresholds: Thresholds
) -> NDArray[np.bool_]:
    """Return which pairs of a photo's faces certainly show one person."""
    are_one = distances < thresholds.same_picture
    are_one |= _several_shots(distances < thresholds.repeated_face)
    if boxes:
        in_column = (distances < thresholds.reference_agreement) & _in_one_column(boxes)
        are_one |= _several_shots(in_column)
    return are_one


def _several_shots(are_near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pairs of faces that are each near to at least `MIN_NEAR_SHOTS` others of them."""
    near: NDArray[np.bool_] = are_near & ~np.eye(len(are_near), dtype=np.bool_)
    while True:
        too_few = near.any(axis=1) & (near.sum(axis=1) < MIN_NEAR_SHOTS)
        if not too_few.any():
            return near
        near = near & ~too_few[:, None] & ~too_few[None, :]


def _in_one_column(boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """Return which pairs of boxes are above each other and equally wide."""
    widths = np.array([box.width for box in boxes], dtype=np.float64)
    centers = np.array([(box.left + box.right) / 2 for box in boxes])
    narrower = np.minimum(widths[:, None], widths[None, :])
    wider = np.maximum(widths[:, None], widths[None, :])
    is_aligned = np.abs(centers[:, None] - centers[None, :]) < COLUMN_OFFSET * narrower
    return np.asarray(is_aligned & (wider < COLUMN_RATIO * narrower))


def _standing_in_photo(
    distances: NDArray[np.float32], are_one: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return the row that stands for each row.

    The face with the most others of its person stands for them, the nearest first. A face must also
    go with at least half of those before it, so neither a chain of faces nor a face between two
    people makes them one.
    """
    standing = np.arange(len(distances))
    others = are_one & ~np.eye(len(distances), dtype=np.bool_)
    while others.any():
        counts = others.sum(axis=1)
        most = np.flatnonzero(counts == counts.max())
        sums = np.where(others[most], distances[most], 0).sum(axis=1)
        chosen = most[sums.argmin()]
        group = [chosen]
        for face in np.argsort(distances[chosen], kind="stable"):
            if others[chosen, face] and 2 * others[face, group].sum() >= len(group):
                group.append(face)
        standing[group] = chosen
        others[group] = False
        others[:, group] = False
    return standing
