"""An event's faces with their clusters, ready to be looked at from many sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.matching.grouping import Grouping
from picprocure.faces.matching.score_normalization import Crowd, crowd, nearest_of
from picprocure.faces.vectors import directions, face_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings

_MOST_BYSTANDERS: Final = 8192
"""Of more clusters than these, a sample says where strangers are: its nearest few are as deep in
the tail as it takes, and time grows with the clusters instead of with their square."""


@dataclass(frozen=True, slots=True)
class ClusteredFaces:
    """``faces`` (n, 128) and ``centers`` (clusters, 128) are directions, ``sums`` the faces' sums.

    ``clusters`` (n,) numbers every face's cluster from 0 without a gap. ``bystanders`` are the
    clusters of which crowds are made, ascending.
    """

    faces: Embeddings
    photos: NDArray[np.int64]
    clusters: NDArray[np.intp]
    grouping: Grouping
    sums: NDArray[np.float64]
    centers: Embeddings
    bystanders: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        embeddings: Embeddings,
        photos: NDArray[np.int64],
        clusters: Sequence[int] | NDArray[np.integer],
    ) -> Self:
        faces = directions(embeddings)
        _, numbered = np.unique(np.asarray(clusters), return_inverse=True)
        grouping = Grouping.of(numbered)
        ordered = faces[grouping.order].astype(np.float64)
        sums = np.add.reduceat(ordered, grouping.starts, axis=0)
        bystanders = _sample(faces, grouping)
        return cls(faces, photos, numbered, grouping, sums, directions(sums), bystanders)

    def crowds(self, thresholds: Thresholds) -> Crowd:
        """The crowd around each cluster, of which it is no part itself."""
        others = self.centers[self.bystanders]
        nearest = []
        for rows, distances in distance_blocks(self.centers, others):
            own = np.arange(rows.start, rows.stop)[:, None] == self.bystanders
            distances[own] = np.inf
            nearest.append(nearest_of(distances, thresholds))
        return crowd(np.concatenate(nearest), len(others) - 1, thresholds)

    def photos_of(self, cluster: int) -> set[int]:
        return set(self.photos[self.grouping.members(cluster)].tolist())


def _sample(faces: Embeddings, grouping: Grouping) -> NDArray[np.intp]:
    """By what the clusters hold, not by where they stand: their order must change nothing."""
    if len(grouping) <= _MOST_BYSTANDERS:
        return np.arange(len(grouping))
    keys = np.minimum.reduceat(face_keys(faces)[grouping.order], grouping.starts)
    return np.sort(np.argpartition(keys, _MOST_BYSTANDERS)[:_MOST_BYSTANDERS])
