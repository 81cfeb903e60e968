"""What matching takes and gives."""

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
    """A registered person. ``references`` holds one embedding a row, at least one.

    If there is an ``anchor`` (128,), other references may not show this person. A face is theirs
    only if it is near the anchor, or if the anchor alone finds it. ``alike`` has the keys of people
    who collided with this one. A face that may belong to either goes to neither.
    """

    key: Hashable
    references: Embeddings
    anchor: Embedding | None = None
    alike: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """``face`` is the row of the embeddings.

    ``distance`` is the face's own to the person's references. If it is below ``threshold``, the
    references alone would do. ``reason`` explains the decision in plain words to the person who
    runs the sorting. It may speak of other people.
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
    """``matches`` by face, and the numbers that this event was measured by.

    ``score_threshold`` is the score that a match takes, ``tail_factor`` how much longer than usual
    the tail of the event's strangers is. Both are 0 where there was nothing to decide.
    """

    matches: list[FaceMatch]
    score_threshold: float = 0.0
    tail_factor: float = 0.0


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
