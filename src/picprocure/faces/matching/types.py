"""The inputs and results of matching."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from picprocure.faces.types import Embedding, Embeddings


class Decision(StrEnum):
    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person.

    Attributes:
        key: Identifies the person.
        references: One embedding in each row, at least one.
        anchor: If there is one (128,), the person gets a face only if it is near the anchor, or if
            the anchor alone finds it. Other references may show another person.
        alike: The keys of people who collided with this person. A face that may belong to either is
            delivered to neither.
    """

    key: Hashable
    references: Embeddings
    anchor: Embedding | None = None
    alike: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """The decision about a face and a person.

    Attributes:
        face: The row of the embeddings.
        person: The key of the person.
        decision: MATCH or REVIEW.
        distance: Between the face and the person's references.
        threshold: Below this distance, the references alone would match the face.
        reason: Explains the decision to the person who runs the sorting. It may tell about other
            people.
    """

    face: int
    person: Hashable
    decision: Decision
    distance: float
    threshold: float
    reason: str


@dataclass(frozen=True, slots=True)
class ScoredMatch:
    """A match with the score that it was decided by."""

    score: float
    match: FaceMatch


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The matches of an event, and the numbers that decided.

    Attributes:
        matches: In the order of the faces.
        score_threshold: The score that a match takes, or 0 if there was nothing to decide.
    """

    matches: list[FaceMatch]
    score_threshold: float = 0.0


def explained(
    face: int,
    person: Hashable,
    decision: Decision,
    *,
    distance: float,
    threshold: float,
    explanation: str,
) -> FaceMatch:
    """Return a match whose reason begins with its distance and threshold."""
    reason = f"{distance:.2f} to the reference, limit {threshold:.2f}; {explanation}"
    return FaceMatch(face, person, decision, distance, threshold, reason)
