"""Calibrate by an event's certain pairs: two faces of one photo are two people.

The network puts the guests of some events much closer together than those of others. The pairs tell
how far apart strangers are in this event, and how long the tail of similar people is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.matching.score_normalization import (
    NORMAL,
    CohortStatistics,
    ScoreScale,
    cohort_statistics,
    nearest_distances,
)
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.clustered_faces import ClusteredFaces
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings

_MAX_TAIL_SHARE: Final = 0.4
"""Keeps the quantile below 0. A factor of `max_tail_factor` is reached far below."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What an event's certain pairs tell about its strangers.

    Attributes:
        pairs: Faces that certainly show two people (pairs, 2).
        shift: How much farther apart than usual they are. It is never above 0, so an event can only
            make matching stricter.
    """

    pairs: NDArray[np.intp]
    shift: float

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
        same_photo = list(_same_photo_pairs(faces, photos, boxes, thresholds))
        pairs = np.array(same_photo, dtype=np.intp).reshape(-1, 2)
        apart = np.linalg.norm(faces[pairs[:, 0]] - faces[pairs[:, 1]], axis=1)
        certain = apart > thresholds.same_picture
        pairs, apart = pairs[certain], apart[certain]
        # fsum gives the same result in any order of the faces.
        differences = fsum(apart - thresholds.strangers_mean)
        shift = differences / (len(pairs) + thresholds.calibration_prior_pairs)
        return cls(pairs, min(shift, 0.0))

    def tail_factor(
        self, event: ClusteredFaces, cohort: CohortStatistics, thresholds: Thresholds
    ) -> float:
        """Return how much longer than usual the tail of this event's strangers is, at least 1.

        One face of each pair is treated as a reference, and the cluster of the other one as a
        cluster that could be delivered.

        Args:
            event: The faces with their clusters.
            cohort: Seen from the event's clusters.
            thresholds: What is usual, and how much it counts.
        """
        scores = self._scores(event, cohort, thresholds)
        beyond = int((scores > thresholds.tail_from).sum()) + thresholds.tail_prior
        share = beyond / (len(scores) + thresholds.tail_prior / thresholds.tail_share)
        usual = NORMAL.inv_cdf(thresholds.tail_share)
        factor = usual / NORMAL.inv_cdf(min(share, _MAX_TAIL_SHARE))
        return float(np.clip(factor, 1.0, thresholds.max_tail_factor))

    def _scores(
        self, event: ClusteredFaces, cohort: CohortStatistics, thresholds: Thresholds
    ) -> NDArray[np.float32]:
        probes, first = np.unique(self.pairs[:, 0], return_index=True)
        targets = np.split(event.clusters[self.pairs[:, 1]], first[1:])
        scores = [np.empty(0, dtype=np.float32)]
        for rows, distances in distance_blocks(event.faces[probes], event.centers):
            for face, clusters, row in zip(probes[rows], targets[rows], distances, strict=True):
                strangers = event.cohort[event.cohort != event.clusters[face]]
                nearest = nearest_distances(row[strangers][None, :], thresholds)
                probe = cohort_statistics(nearest, len(strangers), thresholds)
                target = cohort.at(clusters)
                scale = ScoreScale.between(probe, target, thresholds, faces=1, factor=1.0)
                scores.append(scale.scores(row[clusters]))
        return np.concatenate(scores)


def _same_photo_pairs(
    faces: Embeddings,
    photos: NDArray[np.int64],
    boxes: Sequence[Box] | None,
    thresholds: Thresholds,
) -> Iterator[tuple[int, int]]:
    """Yield pairs of faces of one photo, in the order of the first. Large events are sampled."""
    keys = face_keys(faces)
    by_photo = np.lexsort((keys, photos))
    ordered = photos[by_photo]
    starts = np.searchsorted(ordered, photos)
    sizes = np.searchsorted(ordered, photos, side="right") - starts
    positions = np.empty_like(starts)
    positions[by_photo] = np.arange(len(photos)) - starts[by_photo]
    in_company = np.flatnonzero(sizes > 1)
    by_key = in_company[np.argsort(keys[in_company], kind="stable")]
    for face in np.sort(by_key[: thresholds.calibration_faces]).tolist():
        # Take the following faces in a circle, so that each face is in equally many pairs.
        following = 1 + np.arange(min(sizes[face] - 1, thresholds.calibration_pairs_per_face))
        rows = starts[face] + (positions[face] + following) % sizes[face]
        for other in by_photo[rows].tolist():
            if boxes is None or not _touch(boxes[face], boxes[other]):
                yield face, other


def _touch(a: Box, b: Box) -> bool:
    return max(a.left, b.left) < min(a.right, b.right) and max(a.top, b.top) < min(
        a.bottom, b.bottom
    )
