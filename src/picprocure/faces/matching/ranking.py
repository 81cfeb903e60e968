"""Rank the registered people for each cluster, by score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.score_normalization import (
    CohortStatistics,
    cohort_statistics,
    nearest_distances,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.clustered_faces import ClusteredFaces
    from picprocure.faces.matching.inputs import ScoreNormalizer, Template
    from picprocure.faces.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best and the second best person of each cluster.

    Attributes:
        person: The index of the best person (clusters,), or -1 if there is none.
        score: Their score (clusters,), or minus infinity.
        next_person: The index of the second best person (clusters,), or -1.
        next_score: Their score (clusters,), or minus infinity.
        cohorts: The mean distance to strangers, seen from each template.
    """

    person: NDArray[np.intp]
    score: NDArray[np.float32]
    next_person: NDArray[np.intp]
    next_score: NDArray[np.float32]
    cohorts: Sequence[CohortStatistics]


def rank(
    event: ClusteredFaces,
    templates: Sequence[Template],
    normalizer: ScoreNormalizer,
    *,
    own_clusters: Mapping[int, Sequence[int]] | None = None,
) -> Ranking:
    """Find the best two people for each cluster, by the scores of their templates.

    Args:
        event: The faces with their clusters.
        templates: At least one. If a person has several, the best one counts.
        normalizer: Normalizes the scores.
        own_clusters: The clusters that certainly belong to a person, by the index of the person.
            They don't count as strangers.
    """
    count = len(event.centers)
    person, next_person = np.full((2, count), -1, dtype=np.intp)
    score, next_score = np.full((2, count), -np.inf, dtype=np.float32)
    cohorts: list[CohortStatistics] = []
    ranking = Ranking(person, score, next_person, next_score, cohorts)
    own_clusters = own_clusters or {}
    rows = event.distances.rows([template.vector for template in templates], event.centers)
    for template, distances in zip(templates, rows, strict=True):
        own = own_clusters.get(template.person, ())
        probe = _cohort_without(own, event, distances, normalizer.thresholds)
        cohorts.append(probe)
        scale = normalizer.scale(probe, None, faces=template.faces)
        _enter(ranking, template.person, scale.scores(distances))
    return ranking


def _cohort_without(
    own: Sequence[int],
    event: ClusteredFaces,
    distances: NDArray[np.float32],
    thresholds: Thresholds,
) -> CohortStatistics:
    cohort, sources = event.cohort, event.sources
    if own:
        others = ~np.isin(cohort, own)
        cohort, sources = cohort[others], sources[others]
    nearest = nearest_distances(distances[cohort][None, :], sources, thresholds)
    return cohort_statistics(nearest, len(cohort), thresholds)


def _enter(ranking: Ranking, person: int, scores: NDArray[np.float32]) -> None:
    """Update a ranking with the scores of a person (clusters,)."""
    is_best_already = ranking.person == person
    first = scores > ranking.score
    second = ~first & ~is_best_already & (scores > ranking.next_score)
    behind = first & ~is_best_already
    ranking.next_score[behind] = ranking.score[behind]
    ranking.next_person[behind] = ranking.person[behind]
    ranking.next_score[second], ranking.next_person[second] = scores[second], person
    ranking.score[first], ranking.person[first] = scores[first], person
