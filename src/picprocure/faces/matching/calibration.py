"""Calibrate by an event's certain strangers: two faces of one photo are two people.

The network puts the guests of some events closer together than those of others. The photos tell how
far apart strangers are in this event.

Some photos tell it wrongly: prints with several shots of one person, mirrors, blurred or covered
faces. So the estimate is the median of photos, each of which counts once with the median of its
pairs. Until half of all photos are such, it stays near the right value. Pairs that are near enough
to be one person don't count, and no event moves the prior by more than `max_shift`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings

MAX_NEAREST_PHOTOS: Final = 5
"""How many photos a calibration names. A person can look at this many."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What an event's photos tell about its strangers.

    Attributes:
        photos: The number of photos that tell something: those with two or more people.
        shift: How much farther apart than usual strangers are. It is never above 0, so an event can
            only make matching stricter.
        nearest: The photos whose faces are nearest to each other, the nearest first. Their faces
            are nearer than usual by more than `shift`. There are `MAX_NEAREST_PHOTOS` at most.
    """

    photos: int
    shift: float
    nearest: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        faces: Embeddings,
        photos: NDArray[np.int64],
        boxes: Sequence[Box] | None,
        thresholds: Thresholds,
    ) -> Self:
        """Calibrate by the faces that share a photo.

        Args:
            faces: Embeddings (n, 128) of length 1.
            photos: The photo of each face (n,).
            boxes: The box of each face. Faces whose boxes touch may be one face that was found
                twice, so they are no pair.
            thresholds: What is usual, and how much it counts.
        """
        apart = {
            int(photos[rows[0]]): float(np.median(distances))
            for rows in _photos_with_company(faces, photos, thresholds)
            if len(distances := _distances_between_people(faces, boxes, rows, thresholds))
        }
        if not apart:
            return cls(0, 0.0)
        share = len(apart) / (len(apart) + thresholds.calibration_prior_photos)
        shift = share * (float(np.median([*apart.values()])) - thresholds.strangers_in_photo)
        shift = float(np.clip(shift, -thresholds.max_shift, 0.0))
        near = [photo for photo in apart if apart[photo] < thresholds.strangers_in_photo + shift]
        near.sort(key=lambda photo: (apart[photo], photo))
        return cls(len(apart), shift, tuple(near[:MAX_NEAREST_PHOTOS]))

    def is_stricter_than_usual(self, thresholds: Thresholds) -> bool:
        """Return whether the shift is larger than in events of people who don't look alike.

        In events of real photos it often is, since faces in one photo share its light and camera.
        """
        return self.shift < -thresholds.usual_shift


def _photos_with_company(
    faces: Embeddings, photos: NDArray[np.int64], thresholds: Thresholds
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of the faces of each photo with several.

    Of large events and of large photos, the same sample is taken in any order of the faces.
    """
    keys = face_keys(faces)
    order = np.lexsort((keys, photos))
    starts = np.flatnonzero(np.diff(photos[order], prepend=photos[order[:1]] - 1))
    rows_of_photos = [rows for rows in np.split(order, starts[1:]) if len(rows) > 1]
    rows_of_photos.sort(key=lambda rows: keys[rows[0]])
    for rows in rows_of_photos[: thresholds.calibration_photos]:
        yield rows[: thresholds.calibration_faces_per_photo]


def _distances_between_people(
    faces: Embeddings,
    boxes: Sequence[Box] | None,
    rows: NDArray[np.intp],
    thresholds: Thresholds,
) -> NDArray[np.float32]:
    """Return the distances between the faces of a photo that certainly show two people."""
    first, second = np.triu_indices(len(rows), 1)
    distances = distances_between(faces[rows], faces[rows])[first, second]
    certain = distances > thresholds.reference_agreement
    if boxes is not None:
        certain &= [
            not _touch(boxes[a], boxes[b]) for a, b in zip(rows[first], rows[second], strict=True)
        ]
    return distances[certain]


def _touch(a: Box, b: Box) -> bool:
    return max(a.left, b.left) < min(a.right, b.right) and max(a.top, b.top) < min(
        a.bottom, b.bottom
    )
