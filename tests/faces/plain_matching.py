"""Matching as its documentation says it, over whole matrices in double precision."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from picprocure.faces.matching import Person
from picprocure.faces.thresholds import Thresholds
from picprocure.faces.types import Embeddings

Floats = NDArray[np.float64]


def plain_distances(these: Embeddings, those: Embeddings) -> Floats:
    apart = these[:, None, :].astype(np.float64) - those
    distances: Floats = np.sqrt((apart**2).sum(axis=2))
    return distances


def plain_crowding(distances: Floats, thresholds: Thresholds) -> float:
    """From the distances to everything that is surely not the one in question."""
    cohort = np.sort(distances)[thresholds.cohort_skip :][: thresholds.cohort_size].tolist()
    cohort += [thresholds.cohort_prior] * (thresholds.cohort_size - len(cohort))
    return float(np.mean(cohort))


def plain_cluster_crowding(
    embeddings: Embeddings, clusters: NDArray[np.intp], thresholds: Thresholds
) -> Floats:
    to_faces = plain_distances(embeddings, embeddings)
    numbers = range(int(clusters.max()) + 1)
    means = np.array(
        [[to_faces[clusters == a][:, clusters == b].mean() for b in numbers] for a in numbers]
    )
    return np.array([plain_crowding(np.delete(means[n], n), thresholds) for n in numbers])


def plain_claims(
    embeddings: Embeddings,
    clusters: NDArray[np.intp],
    people: Sequence[Person],
    thresholds: Thresholds,
) -> dict[tuple[int, Hashable], tuple[float, float]]:
    """Distance and limit of each face that is at least for review, by face and person."""
    to_people = np.column_stack(
        [plain_distances(embeddings, person.references).mean(axis=1) for person in people]
    )
    numbers = range(int(clusters.max()) + 1)
    means = np.array([to_people[clusters == number].mean(axis=0) for number in numbers])
    around_people = [plain_crowding(np.sort(column)[1:], thresholds) for column in means.T]
    around_clusters = plain_cluster_crowding(embeddings, clusters, thresholds)
    claims = {}
    for number in numbers:
        for column, person in enumerate(people):
            crowding = (around_clusters[number] + around_people[column]) / 2
            limit = min(thresholds.max_distance, crowding + thresholds.match_threshold)
            distance = means[number, column]
            contends = distance <= means[number].min() + thresholds.person_margin
            if contends and distance < limit + thresholds.doubt:
                for face in np.flatnonzero(clusters == number).tolist():
                    claims[face, person.key] = (
                        to_people[face, column],
                        limit + thresholds.face_slack,
                    )
    return claims
