"""Choose which doubtful faces the host should look at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.types import Decision, ScoredMatch, explained

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from picprocure.faces.matching.assignment import Assignment, ReferenceScores
    from picprocure.faces.matching.inputs import MatchInputs
    from picprocure.faces.matching.types import FaceMatch


def review(
    inputs: MatchInputs, assignment: Assignment, verified: Sequence[ScoredMatch]
) -> list[FaceMatch]:
    """Return the doubtful matches that the host should review, the best first.

    Args:
        inputs: The event and the people.
        assignment: Which clusters belong to whom.
        verified: The sure and the doubtful matches of the assigned clusters.
    """
    sure = [entry.match for entry in verified if entry.match.decision is Decision.MATCH]
    doubtful = [entry for entry in verified if entry.match.decision is not Decision.MATCH]
    doubtful += _near_misses(inputs, assignment)
    return list(_best(inputs, doubtful, sure))


def _near_misses(inputs: MatchInputs, assignment: Assignment) -> Iterator[ScoredMatch]:
    """Yield the faces of clusters that were not assigned, but may belong to a person."""
    ranking, by_references = assignment.ranking, assignment.by_references
    min_score = assignment.score_threshold - inputs.thresholds.review_depth
    margin = inputs.thresholds.person_margin
    assigned = assignment.assigned
    for cluster in np.flatnonzero(ranking.score >= min_score).tolist():
        if cluster in assigned:
            continue
        person, score = int(ranking.person[cluster]), ranking.score[cluster]
        doubt = assignment.doubts.get(cluster, "near, but not near enough to be sure")
        yield from _doubtful(by_references, person, cluster, score, doubt)
        next_score = ranking.next_score[cluster]
        is_contested = score - next_score < margin or by_references.is_another(person, cluster)
        if next_score >= min_score and is_contested:
            rival = int(ranking.next_person[cluster])
            doubt = "another registered person is about as near"
            yield from _doubtful(by_references, rival, cluster, next_score, doubt)


def _doubtful(
    by_references: ReferenceScores, person: int, cluster: int, score: float, doubt: str
) -> Iterator[ScoredMatch]:
    """Yield the faces of a cluster with the reason why the person doesn't get them."""
    event = by_references.inputs.event
    faces = event.grouping.members(cluster)
    distances = by_references.distances(person, faces)
    scale = by_references.scale(person, event.clusters[faces])
    limits = scale.distances(by_references.threshold)
    for face, distance, limit in zip(faces.tolist(), distances, limits, strict=True):
        match = explained(
            face,
            by_references.inputs.key(person),
            Decision.REVIEW,
            distance=float(distance),
            threshold=float(limit),
            explanation=doubt,
        )
        yield ScoredMatch(float(score), match)


def _best(
    inputs: MatchInputs, doubtful: Iterable[ScoredMatch], sure: Sequence[FaceMatch]
) -> Iterator[FaceMatch]:
    """Yield as many matches as a host can look at, without photos that are delivered anyway."""
    thresholds, photos = inputs.thresholds, inputs.event.photos
    max_items = max(thresholds.min_review_items, math.floor(thresholds.review_share * len(sure)))
    delivered = {(match.person, int(photos[match.face])) for match in sure}
    shown: set[tuple[Hashable, int]] = set()
    for entry in sorted(doubtful, key=lambda entry: (-entry.score, entry.match.distance)):
        item = (entry.match.person, int(photos[entry.match.face]))
        if item in delivered or (item not in shown and len(shown) >= max_items):
            continue
        shown.add(item)
        yield entry.match
