"""Prepare the inputs of matching. They don't change afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from picprocure.faces.matching.calibration import Calibration
from picprocure.faces.matching.clustered_faces import ClusteredFaces
from picprocure.faces.matching.score_normalization import CohortStatistics, ScoreScale
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence, Set

    from numpy.typing import NDArray

    from picprocure.faces.distances import Distances
    from picprocure.faces.matching.types import Person
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


@dataclass(frozen=True, slots=True)
class Template:
    """The mean of some faces of a person.

    Attributes:
        person: The index of the person.
        vector: (128,), of length 1.
        faces: How many faces there are.
    """

    person: int
    vector: NDArray[np.float32]
    faces: int

    @classmethod
    def of(cls, person: int, faces_sum: NDArray[np.floating], faces: int) -> Self:
        """Make a template from the sum (128,) of faces of length 1."""
        return cls(person, unit(faces_sum[None, :])[0], faces)


@dataclass(frozen=True, slots=True)
class References:
    """The references of all people.

    Attributes:
        sums: The sum of each person's references, which have the length 1, float64 (people, 128).
        counts: How many references each person has (people,).
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.intp]

    @classmethod
    def of(cls, people: Sequence[Person]) -> Self:
        """Add up the references of each person."""
        sums = [unit(_checked(person.references)).sum(axis=0) for person in people]
        counts = np.array([len(person.references) for person in people])
        return cls(np.stack(sums).astype(np.float64), counts)

    def templates(self) -> list[Template]:
        """Return a template for each person, from their references alone."""
        return [
            Template.of(person, total, int(count))
            for person, (total, count) in enumerate(zip(self.sums, self.counts, strict=True))
        ]


def _checked(references: Embeddings) -> Embeddings:
    references = np.asarray(references, dtype=np.float32)
    if not len(references) or references.shape[1:] != (EMBEDDING_SIZE,):
        raise ValueError(
            f"references of shape {references.shape}: a person needs at least one "
            f"embedding, as rows of {EMBEDDING_SIZE} numbers"
        )
    return references


@dataclass(frozen=True, slots=True)
class ScoreNormalizer:
    """Normalizes the scores of one event.

    Attributes:
        cohort: Seen from the event's clusters.
        thresholds: Shifted by the event's calibration.
    """

    cohort: CohortStatistics
    thresholds: Thresholds

    @classmethod
    def of(cls, event: ClusteredFaces, calibration: Calibration, thresholds: Thresholds) -> Self:
        """Measure how far apart the event's strangers are."""
        shifted = replace(
            thresholds, strangers_distance=thresholds.strangers_distance + calibration.shift
        )
        cohort = event.cohort_statistics(shifted)
        return cls(cohort, shifted)

    def scale(
        self, probe: CohortStatistics, clusters: NDArray[np.intp] | None, *, faces: int
    ) -> ScoreScale:
        """Return the scale between a person and clusters.

        Args:
            probe: Seen from the person.
            clusters: By default, all clusters.
            faces: How many faces the person is known by.
        """
        target = self.cohort if clusters is None else self.cohort.at(clusters)
        return ScoreScale.between(probe, target, self.thresholds, faces=faces)


@dataclass(frozen=True, slots=True)
class MatchInputs:
    """An event's faces, and the registered people.

    Attributes:
        event: The faces with their clusters.
        people: The registered people.
        references: Their references.
        normalizer: Normalizes scores.
        basis: What people are known by: their references, or their anchors.
        found_by_anchor: The faces that the anchor of a person alone finds, by the person's key.
    """

    event: ClusteredFaces
    people: Sequence[Person]
    references: References
    normalizer: ScoreNormalizer
    basis: str = "references"
    found_by_anchor: Mapping[Hashable, Set[int]] = field(default_factory=dict)

    @property
    def thresholds(self) -> Thresholds:
        return self.normalizer.thresholds

    def key(self, person: int) -> Hashable:
        """Return the key of the person with this index."""
        return self.people[person].key

    def with_people(self, people: Sequence[Person], basis: str) -> Self:
        """Return the same event with other people."""
        return replace(self, people=people, references=References.of(people), basis=basis)


def match_inputs(
    faces: Embeddings,
    photos: NDArray[np.int64],
    clusters: Sequence[int] | NDArray[np.integer],
    people: Sequence[Person],
    *,
    repeated: NDArray[np.bool_] | None = None,
    calibration: Calibration | None,
    thresholds: Thresholds,
    distances: Distances | None = None,
) -> MatchInputs:
    """Prepare at least one face and one person for matching.

    Raises:
        ValueError: A person has no references, or they have another shape.
    """
    calibration = calibration or Calibration.of(faces, photos, None, thresholds)
    event = ClusteredFaces.of(
        faces,
        photos,
        clusters,
        repeated=repeated,
        max_cohort=thresholds.max_cohort,
        distances=distances,
    )
    normalizer = ScoreNormalizer.of(event, calibration, thresholds)
    return MatchInputs(event, people, References.of(people), normalizer)


def refuse_duplicates(people: Sequence[Person]) -> None:
    """Raise `ValueError` if a key is used twice."""
    for key, times in Counter(person.key for person in people).items():
        if times > 1:
            raise ValueError(
                f"{key} is registered {times} times: give all references as one person"
            )
