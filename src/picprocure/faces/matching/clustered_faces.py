"""Group the faces of an event by their clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from picprocure.faces.distances import Choice, Distances
from picprocure.faces.matching.score_normalization import (
    CohortStatistics,
    cohort_statistics,
    nearest_distances,
)
from picprocure.faces.thresholds import DLIB
from picprocure.faces.vectors import face_keys, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


@dataclass(frozen=True, slots=True)
class Grouping:
    """The faces of each cluster. Those of `c` are `order[starts[c]:starts[c] + sizes[c]]`.

    Attributes:
        order: All faces, cluster after cluster, ascending in each.
        starts: Where each cluster begins in the order.
        sizes: How many faces each cluster has.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]

    @classmethod
    def of(cls, clusters: NDArray[np.intp]) -> Self:
        """Group faces by their clusters (n,), which are numbered from 0 without a gap."""
        sizes = np.bincount(clusters)
        starts = np.concatenate([[0], sizes.cumsum()[:-1]])
        return cls(np.argsort(clusters, kind="stable"), starts, sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def members(self, cluster: int) -> NDArray[np.intp]:
        """Return the faces of a cluster, ascending."""
        start = self.starts[cluster]
        return self.order[start : start + self.sizes[cluster]]


@dataclass(frozen=True, slots=True)
class ClusteredFaces:
    """The faces of an event with their photos and clusters.

    Attributes:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        clusters: The cluster of each face (n,), numbered from 0 without a gap.
        grouping: The faces of each cluster.
        sums: The sum of the faces of each cluster, float64 (clusters, 128).
        centers: The sums at length 1 (clusters, 128).
        cohort: The clusters that scores are normalized by, ascending.
        sources: For each cluster of the cohort, a number that others have, too, if they come from
            one photo (cohort,).
        distances: Computes distances.
    """

    faces: Embeddings
    photos: NDArray[np.int64]
    clusters: NDArray[np.intp]
    grouping: Grouping
    sums: NDArray[np.float64]
    centers: Embeddings
    cohort: NDArray[np.intp]
    sources: NDArray[np.int64]
    distances: Distances

    @classmethod
    def of(
        cls,
        faces: Embeddings,
        photos: NDArray[np.int64],
        clusters: Sequence[int] | NDArray[np.integer],
        *,
        repeated: NDArray[np.bool_] | None = None,
        max_cohort: int = DLIB.max_cohort,
        distances: Distances | None = None,
    ) -> Self:
        """Group faces by their clusters.

        Args:
            faces: Embeddings (n, 128) of length 1.
            photos: The photo of each face (n,).
            clusters: The cluster of each face (n,), in any numbers.
            repeated: The faces of photos that may show a person several times (n,). Clusters of
                such faces alone are not in the cohort. By default, none.
            max_cohort: The largest number of clusters in the cohort.
            distances: Computes distances. By default, none are kept.
        """
        _, numbered = np.unique(np.asarray(clusters), return_inverse=True)
        grouping = Grouping.of(numbered)
        ordered = faces[grouping.order].astype(np.float64)
        sums = np.add.reduceat(ordered, grouping.starts, axis=0)
        cohort = _sample(faces, grouping, numbered, repeated, max_cohort)
        distances = distances or Distances()
        sources = _sources(photos, grouping)[cohort]
        return cls(faces, photos, numbered, grouping, sums, unit(sums), cohort, sources, distances)

    def cohort_statistics(self, thresholds: Thresholds) -> CohortStatistics:
        """Return the mean distance to strangers, seen from each cluster."""
        if not len(self.cohort):
            return cohort_statistics(np.empty((len(self.centers), 0)), 0, thresholds)
        own = np.full(len(self.centers), -1)
        own[self.cohort] = np.arange(len(self.cohort))
        nearest = self.distances.smallest(
            "cohort",
            self.centers,
            self.centers[self.cohort],
            own,
            self._nearest(thresholds),
        )
        return cohort_statistics(nearest, len(self.cohort) - 1, thresholds)

    def _nearest(self, thresholds: Thresholds) -> Choice:
        def choose(
            distances: NDArray[np.float32], columns: NDArray[np.integer]
        ) -> NDArray[np.float32]:
            return nearest_distances(distances, self.sources[columns], thresholds)

        return choose

    def photos_of(self, cluster: int) -> set[int]:
        """Return the photos of a cluster's faces."""
        return set(self.photos[self.grouping.members(cluster)].tolist())


def _sources(photos: NDArray[np.int64], grouping: Grouping) -> NDArray[np.int64]:
    """Return a number for each cluster. Clusters with a single face have that of its photo."""
    _, numbered = np.unique(photos, return_inverse=True)
    own = len(numbered) + np.arange(len(grouping))
    return np.where(grouping.sizes == 1, numbered[grouping.order[grouping.starts]], own)


def _sample(
    faces: Embeddings,
    grouping: Grouping,
    clusters: NDArray[np.intp],
    repeated: NDArray[np.bool_] | None,
    max_cohort: int,
) -> NDArray[np.intp]:
    """Choose the cohort by the faces in the clusters, so that their order changes nothing."""
    able = np.arange(len(grouping))
    if repeated is not None:
        able = np.unique(clusters[~repeated])
    if len(able) <= max_cohort:
        return able
    keys = np.minimum.reduceat(face_keys(faces)[grouping.order], grouping.starts)[able]
    return np.sort(able[np.argpartition(keys, max_cohort)[:max_cohort]])
