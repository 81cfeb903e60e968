"""Whose faces are in which photos."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import sort_faces
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from picprocure.faces.matching.types import FaceMatch
    from picprocure.faces.sorting import SortedFaces
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings, FoundFace
    from picprocure.folders.analysis.types import Analysis

NOBODY_NEAR: Final = "no registered person is similar enough"
NOBODY_REGISTERED: Final = "no person has a usable reference photo"


@dataclass(frozen=True, slots=True)
class DecidedFace:
    """``person`` is whose it is, or for a REVIEW may be; ``distance`` is to their references."""

    box: Box
    cluster: int
    decision: Decision
    reason: str
    person: str | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A face that may be somebody's."""

    box: Box
    distance: float
    reason: str


@dataclass(slots=True)
class Decisions:
    """By digest: the ``faces`` of each photo; what each person gets, and what they may be in.

    ``limits`` are the numbers that this event brought out.
    """

    faces: dict[str, list[DecidedFace]] = field(default_factory=dict)
    matched: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    doubts: dict[str, dict[str, list[Doubt]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    limits: dict[str, float] = field(default_factory=dict)


def decide(
    photos: Mapping[str, Analysis],
    references: Mapping[str, Embeddings],
    *,
    thresholds: Thresholds,
) -> Decisions:
    """``photos`` by digest, so that names and their order change nothing."""
    digests = sorted(photos)
    rows = [
        (number, face)
        for number, digest in enumerate(digests)
        for face in sorted(photos[digest].faces, key=_position)
    ]
    people = [Person(name, embeddings) for name, embeddings in sorted(references.items())]
    found = _sorted(rows, people, thresholds)
    decisions = Decisions(limits=found.limits)
    matches: dict[int, list[FaceMatch]] = defaultdict(list)
    for match in found.matches:
        matches[match.face].append(match)
    for row, (number, face) in enumerate(rows):
        own = matches[row]
        decided = _decided(face, int(found.clusters[row]), own, is_anybody_known=bool(people))
        decisions.faces.setdefault(digests[number], []).append(decided)
        _hand_out(decisions, digests[number], face, own)
    _without_delivered(decisions)
    return decisions


def _position(face: FoundFace) -> tuple[int, int, int, int]:
    return face.box.left, face.box.top, face.box.right, face.box.bottom


def _sorted(
    rows: Sequence[tuple[int, FoundFace]], people: Sequence[Person], thresholds: Thresholds
) -> SortedFaces:
    embeddings = np.array([face.embedding for _, face in rows], dtype=np.float32)
    return sort_faces(
        embeddings.reshape(-1, EMBEDDING_SIZE),
        [number for number, _ in rows],
        [face.box for _, face in rows],
        people,
        thresholds=thresholds,
    )


def _decided(
    face: FoundFace, cluster: int, matches: Sequence[FaceMatch], *, is_anybody_known: bool
) -> DecidedFace:
    """A match before any doubt; of several doubts the nearest person's."""
    order = (Decision.MATCH, Decision.REVIEW, Decision.NONE)
    if not matches:
        reason = NOBODY_NEAR if is_anybody_known else NOBODY_REGISTERED
        return DecidedFace(face.box, cluster, Decision.NONE, reason)
    best = min(matches, key=lambda match: (order.index(match.decision), match.distance))
    if best.decision is Decision.NONE:
        return DecidedFace(face.box, cluster, Decision.NONE, best.reason)
    return DecidedFace(
        face.box, cluster, best.decision, best.reason, str(best.person), best.distance
    )


def _hand_out(
    decisions: Decisions, digest: str, face: FoundFace, matches: Sequence[FaceMatch]
) -> None:
    for match in matches:
        if match.decision is Decision.MATCH:
            decisions.matched[str(match.person)].add(digest)
        elif match.decision is Decision.REVIEW:
            doubt = Doubt(face.box, match.distance, match.reason)
            decisions.doubts[str(match.person)][digest].append(doubt)


def _without_delivered(decisions: Decisions) -> None:
    """Who gets a photo for one face need not be asked about another in it."""
    for person, photos in decisions.doubts.items():
        for digest in decisions.matched.get(person, set()) & photos.keys():
            del photos[digest]
