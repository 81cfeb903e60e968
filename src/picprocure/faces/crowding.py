"""How near the event's other faces come to a face: the event as its own yardstick.

A fixed limit is not equally safe for everybody: the network puts some groups of people much
closer together than others, so that a stranger may lie nearer to one person's reference than
another person's own photos lie to theirs. What is near must be weighed against what is near
anyway. Speaker verification knows this as adaptive symmetric score normalization (P. Matějka
et al., "Analysis of Score Normalization in Multilingual Speaker Recognition", 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.distances import distances_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


def crowding_of_people(
    to_people: NDArray[np.float32], thresholds: Thresholds
) -> NDArray[np.float32]:
    """Crowding around each person, float32 (people,).

    ``to_people`` (clusters, people) holds mean distances. A person's nearest cluster is left
    out: it is likely the person.
    """
    others = np.sort(to_people, axis=0)[1:]
    return _cohort_means(others.T, thresholds)


def crowding_of_clusters(
    wanted: NDArray[np.intp],
    embeddings: Embeddings,
    clusters: NDArray[np.intp],
    thresholds: Thresholds,
) -> NDArray[np.float32]:
    """Crowding around each of the ``wanted`` clusters, float32 (len(wanted),).

    ``clusters`` (n,) numbers every face's cluster from 0 without a gap.
    """
    order = np.argsort(clusters, kind="stable")
    sizes = np.bincount(clusters)
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    faces = embeddings[order]
    crowding = np.empty(len(wanted), dtype=np.float32)
    for position, cluster in enumerate(wanted):
        members = faces[starts[cluster] : starts[cluster] + sizes[cluster]]
        to_faces = distances_between(members, faces).mean(axis=0)
        to_clusters = np.add.reduceat(to_faces, starts) / sizes
        others = np.sort(np.delete(to_clusters, cluster))
        crowding[position] = _cohort_means(others[None, :], thresholds)[0]
    return crowding


def _cohort_means(ascending: NDArray[np.floating], thresholds: Thresholds) -> NDArray[np.float32]:
    """The mean of each row's cohort; where the event is too small for one, the prior fills in."""
    skip, size = thresholds.cohort_skip, thresholds.cohort_size
    cohort = ascending[:, skip : skip + size]
    missing = size - cohort.shape[1]
    sums = cohort.sum(axis=1) + missing * thresholds.cohort_prior
    means: NDArray[np.float32] = (sums / size).astype(np.float32)
    return means
