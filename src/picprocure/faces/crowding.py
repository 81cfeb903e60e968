"""How near the event's other faces come to a face: the event as its own yardstick.

A fixed limit is not equally safe for everybody: the network puts some groups of people much
closer together than others, so that a stranger may lie nearer to one person's reference than
another person's own photos lie to theirs. What is near must be weighed against what is near
anyway. Speaker verification knows this as adaptive symmetric score normalization (P. Matějka
et al., "Analysis of Score Normalization in Multilingual Speaker Recognition", 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.grouping import Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


_SUMS: Final = 4 * 2**20
"""Sums of distances from cluster to cluster that are held at a time: 32 MB."""


def nearest_of(distances: NDArray[np.floating], thresholds: Thresholds) -> NDArray[np.floating]:
    """As many of each row's smallest distances as crowding ever looks at, ascending."""
    wanted = thresholds.cohort_skip + thresholds.cohort_size + 1
    if wanted < distances.shape[1]:
        distances = np.partition(distances, wanted - 1, axis=1)[:, :wanted]
    return np.sort(distances, axis=1)


def crowding_of_people(
    to_people: NDArray[np.float32], thresholds: Thresholds
) -> NDArray[np.float32]:
    """Crowding around each person, float32 (people,).

    ``to_people`` (clusters, people) holds mean distances, of all clusters or of those that are
    nearest to each person (`nearest_of`). A person's nearest cluster is left out: it is likely
    the person.
    """
    return _cohort_means(nearest_of(to_people.T, thresholds)[:, 1:], thresholds)


def crowding_of_clusters(
    wanted: NDArray[np.intp],
    embeddings: Embeddings,
    clusters: NDArray[np.intp],
    thresholds: Thresholds,
) -> NDArray[np.float32]:
    """Crowding around each of the ``wanted`` clusters, float32 (len(wanted),).

    ``clusters`` (n,) numbers every face's cluster from 0 without a gap.
    """
    grouping = Grouping.of(clusters)
    faces = embeddings[grouping.order]
    crowding = np.empty(len(wanted), dtype=np.float32)
    at_a_time = max(1, _SUMS // len(grouping))
    for start in range(0, len(wanted), at_a_time):
        some = wanted[start : start + at_a_time]
        to_clusters = _mean_distances(some, faces, grouping)
        to_clusters[np.arange(len(some)), some] = np.inf  # no part of their own crowd
        others = nearest_of(to_clusters, thresholds)[:, : len(grouping) - 1]
        crowding[start : start + at_a_time] = _cohort_means(others, thresholds)
    return crowding


def _mean_distances(
    wanted: NDArray[np.intp], faces: Embeddings, grouping: Grouping
) -> NDArray[np.float64]:
    """(len(wanted), clusters), the mean over all pairs of faces; ``faces`` in grouped order."""
    sizes = grouping.sizes[wanted]
    owners = np.repeat(np.arange(len(wanted)), sizes)
    within = np.arange(len(owners)) - np.repeat(sizes.cumsum() - sizes, sizes)
    members = faces[grouping.starts[wanted][owners] + within]
    sums = np.zeros((len(wanted), len(grouping)))
    for rows, distances in distance_blocks(members, faces):
        # A cluster of more faces than a block has rows is summed up over several.
        first = np.flatnonzero(np.diff(owners[rows], prepend=-1))
        by_owner = np.add.reduceat(distances, first, axis=0)
        sums[owners[rows][first]] += np.add.reduceat(by_owner, grouping.starts, axis=1)
    means: NDArray[np.float64] = sums / sizes[:, None] / grouping.sizes
    return means


def _cohort_means(ascending: NDArray[np.floating], thresholds: Thresholds) -> NDArray[np.float32]:
    """The mean of each row's cohort; where the event is too small for one, the prior fills in."""
    skip, size = thresholds.cohort_skip, thresholds.cohort_size
    cohort = ascending[:, skip : skip + size]
    missing = size - cohort.shape[1]
    sums = cohort.sum(axis=1) + missing * thresholds.cohort_prior
    means: NDArray[np.float32] = (sums / size).astype(np.float32)
    return means
