"""Looking for people among clusters: who comes nearest to each, by how many deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.matching.score_normalization import Crowd, Scale, crowd, nearest_of
from picprocure.faces.vectors import directions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.clustered_faces import ClusteredFaces
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


@dataclass(frozen=True, slots=True)
class Measure:
    """What all scores of one event are measured by: the crowds around its clusters, and more."""

    around: Crowd
    tail_factor: float
    thresholds: Thresholds

    def scale(self, here: Crowd, clusters: NDArray[np.intp] | None, *, faces: int) -> Scale:
        """Between a person, seen from so many of their faces, and clusters (None: all)."""
        there = self.around if clusters is None else self.around.at(clusters)
        return Scale.between(here, there, self.thresholds, faces=faces, factor=self.tail_factor)


@dataclass(frozen=True, slots=True)
class View:
    """A person as seen from some of their faces: the direction of these, (128,), and how many."""

    person: int
    direction: NDArray[np.float32]
    faces: int


class Look:
    """Of each cluster the nearest person and the next nearest, each by how many deviations.

    ``person`` and ``next_person`` (clusters,) are -1, at minus infinity, where there is nobody.
    """

    def __init__(
        self,
        event: ClusteredFaces,
        views: Sequence[View],
        found: Mapping[int, Sequence[int]],
        measure: Measure,
    ) -> None:
        """There may be several ``views`` of a person: the nearest counts.

        ``found`` names, by person, the clusters that are surely theirs.
        """
        self._event, self._found, self._measure = event, found, measure
        count = len(event.centers)
        self.person = np.full(count, -1, dtype=np.intp)
        self.next_person = self.person.copy()
        self.score = np.full(count, -np.inf, dtype=np.float32)
        self.next_score = self.score.copy()
        self.crowds: list[Crowd] = []
        sides: Embeddings = np.stack([view.direction for view in views])
        for rows, distances in distance_blocks(sides, event.centers):
            for view, row in zip(views[rows], distances, strict=True):
                self._see(view, row)

    def _see(self, view: View, distances: NDArray[np.float32]) -> None:
        here = self._crowd_seen(view.person, distances)
        self.crowds.append(here)
        scale = self._measure.scale(here, None, faces=view.faces)
        self._rank(view.person, scale.scores(distances))

    def _crowd_seen(self, person: int, distances: NDArray[np.float32]) -> Crowd:
        """Without the clusters that are surely the person's: they are no strangers."""
        bystanders, thresholds = self._event.bystanders, self._measure.thresholds
        if own := self._found.get(person):
            bystanders = bystanders[~np.isin(bystanders, own)]
        nearest = nearest_of(distances[bystanders][None, :], thresholds)
        return crowd(nearest, len(bystanders), thresholds)

    def _rank(self, person: int, scores: NDArray[np.float32]) -> None:
        again = self.person == person
        first = scores > self.score
        second = ~first & ~again & (scores > self.next_score)
        behind = first & ~again
        self.next_score[behind], self.next_person[behind] = self.score[behind], self.person[behind]
        self.next_score[second], self.next_person[second] = scores[second], person
        self.score[first], self.person[first] = scores[first], person


def seen_from(person: int, faces_sum: NDArray[np.floating], faces: int) -> View:
    """``faces_sum`` (128,), the sum of the directions of so many faces."""
    return View(person, directions(faces_sum[None, :])[0], faces)
