"""Who is surely in which clusters: a first look by references, a second by what it found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.ranking import Look, Measure, View, seen_from
from picprocure.faces.matching.score_threshold import limit_score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.matching.clustered_faces import ClusteredFaces


@dataclass(frozen=True, slots=True)
class References:
    """Everybody's references: ``sums`` (people, 128) of their directions, ``counts`` (people,)."""

    sums: NDArray[np.float64]
    counts: NDArray[np.intp]

    def views(self) -> list[View]:
        return [
            seen_from(person, total, int(count))
            for person, (total, count) in enumerate(zip(self.sums, self.counts, strict=True))
        ]


@dataclass(slots=True)
class Found:
    """``clusters`` that are surely somebody's, by person, and the ``photos`` these show."""

    clusters: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    photos: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    taken: set[int] = field(default_factory=set)

    def add(self, person: int, cluster: int, photos: set[int]) -> None:
        self.clusters[person].append(cluster)
        self.photos[person] |= photos
        self.taken.add(cluster)


class Claims:
    """``found``: what is whose. ``limit``: the score it took. ``last``: the second look.

    ``crowds`` are seen from each person's references, ``known_crowds`` from all that the first look
    found of them. ``doubts`` say, by cluster, why who comes near enough does not get it all the
    same.
    """

    def __init__(self, event: ClusteredFaces, references: References, measure: Measure) -> None:
        self._event, self._references, self._measure = event, references, measure
        self.found = Found()
        self.doubts: dict[int, str] = {}
        self.views = references.views()
        self._first = first = Look(event, self.views, {}, measure)
        self.crowds = first.crowds
        self.limit = limit_score(
            first.score,
            event.grouping.sizes,
            people=len(self.views),
            max_wrong_share=measure.thresholds.max_wrong_share,
        )
        self._take(first)
        known = list(self._known())
        self.last = Look(event, [*self.views, *known], self.found.clusters, measure)
        self.known_crowds = self.crowds.copy()
        for view, crowd in zip(known, self.last.crowds[len(self.views) :], strict=True):
            self.known_crowds[view.person] = crowd
        self._take(self.last)

    def by_references(
        self, person: int, distances: NDArray[np.float32], clusters: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores of faces of these clusters by references alone, and the limits as distances."""
        view = self.views[person]
        scale = self._measure.scale(self.crowds[person], clusters, faces=view.faces)
        return scale.scores(distances), scale.distances(self.limit)

    def is_another_by_references(self, person: int, cluster: int) -> bool:
        """What was surely found of one person must not decide against another's references."""
        first = self._first
        return bool(first.person[cluster] != person and first.score[cluster] >= self.limit)

    def _take(self, look: Look) -> None:
        """The nearest clusters first: what they show of a person decides about the next."""
        self.doubts.clear()
        order = np.argsort(-look.score, kind="stable")
        limit = self.limit if look is self._first else self._second_limit()
        reached = int((look.score >= limit).sum())
        for cluster in order[:reached].tolist():
            if cluster not in self.found.taken:
                self._decide(look, cluster)

    def _second_limit(self) -> float:
        thresholds = self._measure.thresholds
        beyond = max(self.limit - thresholds.second_look_from, 0)
        return self.limit + thresholds.second_look_extra * beyond

    def _decide(self, look: Look, cluster: int) -> None:
        person, thresholds = int(look.person[cluster]), self._measure.thresholds
        photos = self._event.photos_of(cluster)
        if look.score[cluster] - look.next_score[cluster] < thresholds.person_margin:
            self.doubts[cluster] = "another registered person is about as near"
        elif self.is_another_by_references(person, cluster):
            self.doubts[cluster] = "by the references alone, another registered person is nearer"
        elif self._score_by_references(person, cluster) < self.limit - thresholds.reference_slack:
            self.doubts[cluster] = (
                "it is near other faces of this person, but far from the reference"
            )
        elif photos & self.found.photos[person]:
            self.doubts[cluster] = "it stands in one photo with a face that fits this person better"
        else:
            self.found.add(person, cluster, photos)

    def _score_by_references(self, person: int, cluster: int) -> float:
        center = self._event.centers[cluster]
        distance = np.linalg.norm(self.views[person].direction - center)
        scores, _ = self.by_references(person, np.array([distance]), np.array([cluster]))
        return float(scores[0])

    def _known(self) -> Iterator[View]:
        """Whoever was found, by their references and all faces that are surely theirs."""
        for person, clusters in self.found.clusters.items():
            faces = int(self._event.grouping.sizes[clusters].sum())
            total = self._references.sums[person] + self._event.sums[clusters].sum(axis=0)
            yield seen_from(person, total, faces + int(self._references.counts[person]))
