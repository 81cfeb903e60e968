"""Assign clusters to people: first by their references, then also by the faces found so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.inputs import Template
from picprocure.faces.matching.ranking import Ranking, rank
from picprocure.faces.matching.score_threshold import score_threshold
from picprocure.faces.thresholds import MIN_PHOTOS_APART, MIN_PHOTOS_TOGETHER
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.inputs import MatchInputs
    from picprocure.faces.matching.score_normalization import CohortStatistics, ScoreScale
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings

Clusters = dict[int, list[int]]
"""The clusters that certainly belong to each person, the best first, by the person's index."""


@dataclass(frozen=True, slots=True)
class ReferenceScores:
    """Scores by people's references alone, without the faces that were found of them.

    Attributes:
        inputs: The event and the people.
        templates: The references of each person, one template per person.
        ranking: The first ranking, which uses only these templates.
        threshold: The lowest score of a match in that ranking.
    """

    inputs: MatchInputs
    templates: Sequence[Template]
    ranking: Ranking
    threshold: float

    def distances(self, person: int, faces: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the distances from a person's references to the given faces, float32 (faces,)."""
        distances: NDArray[np.float32] = np.linalg.norm(
            self.inputs.event.faces[faces] - self.templates[person].vector, axis=1
        )
        return distances

    def scale(self, person: int, clusters: NDArray[np.intp]) -> ScoreScale:
        """Return the scale that converts distances from a person to clusters into scores."""
        return self.inputs.normalizer.scale(
            self.ranking.cohorts[person], clusters, faces=self.templates[person].faces
        )

    def distance(self, person: int, cluster: int) -> float:
        """Return the distance from a person's references to the center of a cluster."""
        center = self.inputs.event.centers[cluster]
        return float(np.linalg.norm(self.templates[person].vector - center))

    def of_cluster(self, person: int, cluster: int) -> float:
        """Return the score of a cluster by a person's references."""
        scale = self.scale(person, np.array([cluster]))
        return float(scale.scores(np.array([self.distance(person, cluster)]))[0])

    def is_another(self, person: int, cluster: int) -> bool:
        """Return whether the references of another person match this cluster.

        If they do, the match is doubtful, however near the faces found of this person are.
        """
        ranking = self.ranking
        return bool(ranking.person[cluster] != person and ranking.score[cluster] >= self.threshold)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which clusters certainly belong to whom.

    Attributes:
        clusters: The clusters of each person.
        doubts: Why the best person doesn't get a cluster although the score is high enough, by
            cluster.
        ranking: The second ranking.
        cohorts: The cohort for each person, seen from all their faces that the first ranking found.
        by_references: The scores by the references alone.
    """

    clusters: Clusters
    doubts: Mapping[int, str]
    ranking: Ranking
    cohorts: Sequence[CohortStatistics]
    by_references: ReferenceScores

    @property
    def score_threshold(self) -> float:
        return self.by_references.threshold

    @property
    def assigned(self) -> set[int]:
        """Return all clusters that were assigned."""
        return {cluster for own in self.clusters.values() for cluster in own}


def assign(inputs: MatchInputs) -> Assignment:
    """Assign each cluster to at most one person.

    The first ranking uses the references alone. Faces of the clusters that it assigns are added to
    the templates, and a second ranking assigns more clusters.
    """
    event, normalizer, thresholds = inputs.event, inputs.normalizer, inputs.thresholds
    templates = inputs.references.templates()
    first = rank(event, templates, normalizer)
    threshold = score_threshold(
        first.score,
        event.grouping.sizes,
        people=len(templates),
        max_wrong_share=thresholds.max_wrong_share,
    )
    by_references = ReferenceScores(inputs, templates, first, threshold)
    found, _ = _take(by_references, first, threshold, {})
    known = list(_templates_with_found(inputs, found))
    second = rank(event, [*templates, *known], normalizer, own_clusters=found)
    clusters, doubts = _take(by_references, second, _second_threshold(threshold, thresholds), found)
    cohorts = list(first.cohorts)
    for template, cohort in zip(known, second.cohorts[len(templates) :], strict=True):
        cohorts[template.person] = cohort
    return Assignment(clusters, doubts, second, cohorts, by_references)


def _second_threshold(threshold: float, thresholds: Thresholds) -> float:
    beyond = max(threshold - thresholds.second_ranking_from, 0)
    return threshold + thresholds.second_ranking_extra * beyond


def _templates_with_found(inputs: MatchInputs, found: Clusters) -> Iterator[Template]:
    """Yield a template of the references and the found faces, for each person who was found."""
    event, references = inputs.event, inputs.references
    for person, clusters in found.items():
        faces = int(event.grouping.sizes[clusters].sum())
        total = references.sums[person] + event.sums[clusters].sum(axis=0)
        yield Template.of(person, total, faces + int(references.counts[person]))


def _take(
    by_references: ReferenceScores, ranking: Ranking, threshold: float, found: Clusters
) -> tuple[Clusters, dict[int, str]]:
    """Add the clusters that reach the threshold without a doubt.

    The best scores come first, since the photos of a person's clusters decide about the next one.

    Args:
        by_references: The scores by the references alone.
        ranking: The best people for each cluster.
        threshold: The score that a cluster must reach.
        found: Clusters that are assigned already.

    Returns:
        All assigned clusters by person, and the doubts by cluster.
    """
    clusters = {person: [*own] for person, own in found.items()}
    assigned = {cluster for own in clusters.values() for cluster in own}
    doubts: dict[int, str] = {}
    order = np.argsort(-ranking.score, kind="stable")
    for cluster in order[: int((ranking.score >= threshold).sum())].tolist():
        if cluster in assigned:
            continue
        person = int(ranking.person[cluster])
        own = clusters.get(person, [])
        doubt = _doubt_about(cluster, ranking, by_references)
        if doubt or _are_two_people(cluster, person, own, by_references):
            doubts[cluster] = (
                doubt or "it stands in one photo with a face that fits this person better"
            )
        else:
            clusters[person] = [*own, cluster]
    return clusters, doubts


def _are_two_people(
    cluster: int, person: int, own: Sequence[int], by_references: ReferenceScores
) -> bool:
    """Return whether the photos of a cluster tell that it shows another person.

    Some photos show both a face of the cluster and another face of the person. If the references
    certainly show the person of the cluster, or if there is one such photo and the person's own
    clusters have hardly any other or are copies of one picture, these photos may show one person
    twice.

    Args:
        cluster: The cluster.
        person: The person.
        own: The clusters of the person.
        by_references: The scores by the references alone.
    """
    event, thresholds = by_references.inputs.event, by_references.inputs.thresholds
    shown = event.photos_of(cluster)
    own_photos: set[int] = set().union(*map(event.photos_of, own))
    with_both = shown & own_photos
    if not with_both or shown <= own_photos:
        return bool(with_both)
    if by_references.distance(person, cluster) < thresholds.center_agreement:
        return False
    if len(with_both) >= MIN_PHOTOS_TOGETHER:
        return True
    if len(own_photos - shown) < MIN_PHOTOS_APART:
        return False
    own_faces = event.faces[np.concatenate([event.grouping.members(number) for number in own])]
    return count_of_pictures(own_faces, thresholds.copy_distance, most=2) > 1


def _doubt_about(cluster: int, ranking: Ranking, by_references: ReferenceScores) -> str:
    """Return why the best person of a cluster should not get it, or an empty text."""
    person, thresholds = int(ranking.person[cluster]), by_references.inputs.thresholds
    if ranking.score[cluster] - ranking.next_score[cluster] < thresholds.person_margin:
        return "another registered person is about as near"
    if by_references.is_another(person, cluster):
        return "by the references alone, another registered person is nearer"
    min_score = by_references.threshold - thresholds.reference_slack
    if by_references.of_cluster(person, cluster) < min_score:
        return "it is near other faces of this person, but far from the reference"
    return ""


def count_of_pictures(faces: Embeddings, copy_distance: float, *, most: int) -> int:
    """Return how many faces are no copies of each other, up to a number.

    Faces that follow each other in a chain of copies can count as one or two. Which ones do depends
    only on the faces, not on their order.

    Args:
        faces: Embeddings (n, 128).
        copy_distance: Faces that are nearer than this are copies.
        most: Stop counting here.
    """
    left, count = faces[np.argsort(face_keys(faces), kind="stable")], 0
    while len(left) and count < most:
        first, left = left[0], left[1:]
        left = left[np.linalg.norm(left - first, axis=1) >= copy_distance]
        count += 1
    return count
