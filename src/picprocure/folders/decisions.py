"""Decisions on each face of an event: matched, for review, or unknown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.decisions import FaceDecisions, sort_decided
from picprocure.faces.enrollment.duplicates import find_same_faces
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import sort_faces
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.folders.corrections.binding import BoundCorrections, bind
from picprocure.folders.corrections.settling import Settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from picprocure.faces.matching.types import FaceMatch
    from picprocure.faces.sorting import SortedFaces
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings, FoundFace
    from picprocure.folders.analysis.types import Analysis

NO_PERSON_NEAR: Final = "no registered person is similar enough"
NO_USABLE_REFERENCE: Final = "no person has a usable reference photo"
NO_FACE: Final = "you decided that it is no face"
CONTESTED: Final = "you decided things about it that contradict each other"


@dataclass(frozen=True, slots=True)
class DecidedFace:
    """A face with its decision.

    Attributes:
        cluster: The number of the face's cluster. Faces of one cluster probably show one person.
        person: The matched person's name, or the nearest candidate's for a review. None if unknown.
        distance: The distance to the references of `person`.
    """

    box: Box
    cluster: int
    decision: Decision
    reason: str
    person: str | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class ReviewCandidate:
    """A face that may show a person, but not with enough confidence to deliver the photo."""

    box: Box
    distance: float | None
    reason: str


@dataclass(slots=True)
class Decisions:
    """The decisions of one event. Photos are keyed by digest, people by name.

    Attributes:
        faces: All faces of each photo.
        matched: The photos that each person gets.
        candidates: The faces that may show a person, by person and photo.
        limits: The limits that were computed from this event's faces.
        held_back: How many photos were not delivered because the event was matched more strictly
            than usual, or 0 if that is not worth saying.
        similar_photos: The photos that made it so, strongest first.
        same_face: Pairs of people whose references look like one person.
        corrections: What the user decided, as far as it was bound to these photos and people.
    """

    faces: dict[str, list[DecidedFace]] = field(default_factory=dict)
    matched: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    candidates: dict[str, dict[str, list[ReviewCandidate]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    limits: dict[str, float] = field(default_factory=dict)
    held_back: int = 0
    similar_photos: list[str] = field(default_factory=list)
    same_face: list[tuple[str, str]] = field(default_factory=list)
    corrections: BoundCorrections = field(default_factory=BoundCorrections)


def decide(
    photos: Mapping[str, Analysis],
    references: Mapping[str, Embeddings],
    *,
    thresholds: Thresholds,
    settled: Settled | None = None,
    people: Iterable[str] | None = None,
    known_photos: Iterable[str] = (),
) -> Decisions:
    """Decide which people are in which photos.

    Args:
        photos: The analyses by digest. The names and the order of the photos don't change the
            result.
        references: The embeddings of each person's reference photos, one per row.
        thresholds: The matching thresholds.
        settled: What the user decided.
        people: The names of all people, also of those without a usable reference. By default, those
            of `references`.
        known_photos: The digests of further photos, which can't be analyzed.
    """
    digests = sorted(photos)
    rows = [
        (number, face)
        for number, digest in enumerate(digests)
        for face in sorted(photos[digest].faces, key=position)
    ]
    persons = [Person(name, embeddings) for name, embeddings in sorted(references.items())]
    bound = bind(
        settled or Settled(),
        [(digests[number], face.box) for number, face in rows],
        people=references if people is None else people,
        photos={*photos, *known_photos},
    )
    decided = bound.face_decisions([digests[number] for number, _ in rows])
    sorted_faces = _sort(rows, persons, decided, thresholds)
    decisions = Decisions(
        limits=sorted_faces.limits, same_face=_same_face(persons, thresholds), corrections=bound
    )
    if sorted_faces.strictness:
        decisions.held_back = sorted_faces.strictness.held_back
        decisions.similar_photos = [digests[number] for number in sorted_faces.strictness.photos]
    matches: dict[int, list[FaceMatch]] = defaultdict(list)
    for match in sorted_faces.matches:
        matches[match.face].append(match)
    for row, (number, face) in enumerate(rows):
        cluster = int(sorted_faces.clusters[row])
        face_decision = _decide_face(face, cluster, matches[row], has_people=bool(persons))
        face_decision = _explained(face_decision, row, bound)
        decisions.faces.setdefault(digests[number], []).append(face_decision)
        _record(decisions, digests[number], face, matches[row])
    _apply(bound, decisions, [(digests[number], face) for number, face in rows])
    _drop_delivered_photos(decisions)
    return decisions


def position(face: FoundFace) -> tuple[int, int, int, int]:
    """Return the sort key of a face in its photo."""
    return face.box.left, face.box.top, face.box.right, face.box.bottom


def _sort(
    rows: Sequence[tuple[int, FoundFace]],
    people: Sequence[Person],
    decided: FaceDecisions,
    thresholds: Thresholds,
) -> SortedFaces:
    embeddings = np.array([face.embedding for _, face in rows], dtype=np.float32)
    embeddings = embeddings.reshape(-1, EMBEDDING_SIZE)
    photos, boxes = [number for number, _ in rows], [face.box for _, face in rows]
    if decided == FaceDecisions():
        return sort_faces(embeddings, photos, boxes, people, thresholds=thresholds)
    return sort_decided(embeddings, photos, boxes, people, decided, thresholds=thresholds)


def _same_face(people: Sequence[Person], thresholds: Thresholds) -> list[tuple[str, str]]:
    pairs = find_same_faces([person.references for person in people], thresholds)
    return [(str(people[first].key), str(people[second].key)) for first, second in pairs]


def _decide_face(
    face: FoundFace, cluster: int, matches: Sequence[FaceMatch], *, has_people: bool
) -> DecidedFace:
    """Return the decision for one face from its matches.

    A match takes precedence over a review. Of several matches or reviews, the nearest person wins.
    """
    order = (Decision.MATCH, Decision.REVIEW, Decision.NONE)
    if not matches:
        reason = NO_PERSON_NEAR if has_people else NO_USABLE_REFERENCE
        return DecidedFace(face.box, cluster, Decision.NONE, reason)
    best = min(matches, key=lambda match: (order.index(match.decision), match.distance))
    if best.decision is Decision.NONE:
        return DecidedFace(face.box, cluster, Decision.NONE, best.reason)
    return DecidedFace(
        face.box, cluster, best.decision, best.reason, str(best.person), best.distance
    )


def _record(
    decisions: Decisions, digest: str, face: FoundFace, matches: Sequence[FaceMatch]
) -> None:
    for match in matches:
        if match.decision is Decision.MATCH:
            decisions.matched[str(match.person)].add(digest)
        elif match.decision is Decision.REVIEW:
            candidate = ReviewCandidate(face.box, match.distance, match.reason)
            decisions.candidates[str(match.person)][digest].append(candidate)


def _explained(face: DecidedFace, row: int, bound: BoundCorrections) -> DecidedFace:
    """Return a face with the reason why it has no person, if the user decided about it."""
    contested = sorted(person for own, person in bound.contested if own == row)
    if contested:
        return replace(
            face, decision=Decision.REVIEW, reason=CONTESTED, person=contested[0], distance=None
        )
    return replace(face, reason=NO_FACE) if row in bound.no_faces else face


def _apply(
    bound: BoundCorrections, decisions: Decisions, rows: Sequence[tuple[str, FoundFace]]
) -> None:
    """Give and take whole photos as the user decided, and ask about contradictions."""
    for person, digest in bound.given:
        decisions.matched[person].add(digest)
    for person, digest in bound.withheld | bound.doubtful:
        decisions.matched[person].discard(digest)
        decisions.candidates[person].pop(digest, None)
    for row, person in sorted(bound.contested):
        digest, face = rows[row]
        if (person, digest) not in bound.withheld:
            candidate = ReviewCandidate(face.box, None, CONTESTED)
            decisions.candidates[person][digest].append(candidate)


def _drop_delivered_photos(decisions: Decisions) -> None:
    """Remove review candidates from photos that are delivered to the same person anyway."""
    for person, photos in decisions.candidates.items():
        for digest in decisions.matched.get(person, set()) & photos.keys():
            del photos[digest]
