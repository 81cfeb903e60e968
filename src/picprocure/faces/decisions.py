"""What hosts decided about faces. A sorting honors it and learns from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.face_groups import Consequences, FaceGroup, consequences
from picprocure.faces.grouped_matches import GroupedFaces
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.faces.sorting import SortedFaces, sort_faces
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence, Set

    from numpy.typing import NDArray

    from picprocure.faces.distances import Distances
    from picprocure.faces.matching.types import Person
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings

DECIDED: Final = "a host said so"
_NEAR_REFUSED: Final = (
    "nearer to a face that is another person, as a host said, than to the references"
)


@dataclass(frozen=True, slots=True)
class FaceDecisions:
    """Decisions about the faces of an event, by the rows of their embeddings.

    Attributes:
        persons: The key of the person whose face it is. No other person is matched with it.
        refused: Faces with the keys of people whose face it is not.
        withheld: Faces with the keys of people who don't get the photo for this face. Nothing
            follows from that for other faces.
        no_faces: Boxes without a face. They take no part in the sorting.
        groups: Faces that are one person, and faces that are not this person.
    """

    persons: Mapping[int, Hashable] = field(default_factory=dict)
    refused: Set[tuple[int, Hashable]] = frozenset()
    withheld: Set[tuple[int, Hashable]] = frozenset()
    no_faces: Set[int] = frozenset()
    groups: Sequence[FaceGroup] = ()

    def consequences(self) -> Consequences:
        """Return what follows from the groups. What is no face is in none of them."""
        groups = [
            FaceGroup(one.same - self.no_faces, one.others - self.no_faces) for one in self.groups
        ]
        return consequences(groups, self.persons, self.refused)

    def with_consequences(self) -> FaceDecisions:
        """Return the decisions with what follows from the groups for each face."""
        if not self.groups:
            return self
        known = self.consequences()
        persons = {
            face: person
            for face, person in known.persons.items()
            if (face, person) not in self.withheld
        }
        return replace(self, persons=persons, refused=known.refused)

    def forbid(self, face: int, person: Hashable) -> bool:
        """Return whether a person can't be matched with a face."""
        is_other = self.persons.get(face, person) != person
        is_denied = (face, person) in self.refused or (face, person) in self.withheld
        return is_other or is_denied or face in self.no_faces


def sort_decided(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    boxes: Sequence[Box],
    people: Sequence[Person],
    decisions: FaceDecisions,
    *,
    thresholds: Thresholds,
    distances: Distances | None = None,
    clusters: NDArray[np.integer] | None = None,
) -> SortedFaces:
    """Sort an event's faces as `sort_faces` does, and honor what hosts decided.

    A person is matched with each face that a host said is theirs. Those of these faces that agree
    with the references count as further references in this event. A face that is nearer to a
    refused one than to the person's references is for review.

    Args:
        embeddings: The faces (n, 128), of any length.
        photo_ids: The photo of each face (n,).
        boxes: The box of each face (n,).
        people: The registered people with their references. Decisions about others are ignored,
            except that their faces are matched with no one else.
        decisions: What hosts decided.
        thresholds: What decides who gets a photo.
        distances: Computes distances.
        clusters: The clusters that an earlier sorting of the same faces with the same decisions
            found (n,). By default, they are found again.
    """
    given = np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)
    faces, photos = unit(given), np.asarray(photo_ids, dtype=np.int64)
    known = decisions.consequences()
    constraints = known.constraints
    decisions = decisions.with_consequences()
    rows = np.array([row for row in range(len(faces)) if row not in decisions.no_faces], dtype=int)
    places = np.zeros(len(faces), dtype=np.intp)
    places[rows] = np.arange(len(rows))
    learned = _with_confirmed(people, faces, decisions, thresholds)
    result = sort_faces(
        given[rows],
        photos[rows],
        [boxes[row] for row in rows],
        learned,
        thresholds=thresholds,
        constraints=constraints.renumbered(places),
        distances=distances,
        clusters=None if clusters is None else clusters[rows],
    )
    result = _with_left_out(result, rows, len(faces))
    matches = _honored(result.matches, faces, photos, learned, decisions)
    grouped = GroupedFaces(
        faces,
        photos,
        result.clusters,
        constraints,
        known.contradictory,
        is_decided=lambda face, person: decisions.persons.get(face) == person,
        is_forbidden=decisions.forbid,
    )
    by_key = {person.key: person for person in learned}
    return replace(result, matches=grouped.honored(matches, by_key))


def _with_confirmed(
    people: Sequence[Person], faces: Embeddings, decisions: FaceDecisions, thresholds: Thresholds
) -> list[Person]:
    """Return people with the faces that a host said are theirs as further references.

    Faces that can't be of the same person as the references are left out. Otherwise one wrong
    answer would take the person's photos away. So are faces that are nearer to the references of
    another person. Otherwise it would take that person's photos away.
    """
    confirmed = np.array(sorted(decisions.persons), dtype=int)
    if not people or not len(confirmed):
        return list(people)
    distances = [distances_between(faces[confirmed], unit(one.references)) for one in people]
    nearest = np.argmin([own.min(axis=1) for own in distances], axis=0)
    learned = []
    for row, person in enumerate(people):
        is_own = np.array([decisions.persons[face] == person.key for face in confirmed.tolist()])
        is_own &= (nearest == row) & (distances[row].max(axis=1) <= thresholds.reference_odds)
        learned.append(_with_references(person, faces[confirmed[is_own]]))
    return learned


def _with_references(person: Person, faces: Embeddings) -> Person:
    """Return a person with faces as further references.

    Without an anchor, the given references become it, so that a wrong answer brings no face that is
    far from them.
    """
    if not len(faces):
        return person
    anchor = person.anchor
    if anchor is None:
        anchor = unit(unit(person.references).sum(axis=0, keepdims=True))[0]
    return replace(person, references=np.vstack([person.references, faces]), anchor=anchor)


def _with_left_out(result: SortedFaces, rows: NDArray[np.intp], count: int) -> SortedFaces:
    """Return a result for all faces. Those that were left out are clusters of their own."""
    clusters = np.empty(count, dtype=np.int32)
    clusters[rows] = result.clusters
    left_out = np.setdiff1d(np.arange(count), rows)
    first = result.clusters.max(initial=-1) + 1
    clusters[left_out] = np.arange(first, first + len(left_out))
    standing = np.arange(count)
    standing[rows] = rows[result.standing]
    matches = [replace(match, face=int(rows[match.face])) for match in result.matches]
    return replace(result, clusters=clusters, matches=matches, standing=standing)


def _honored(
    matches: Sequence[FaceMatch],
    faces: Embeddings,
    photos: NDArray[np.int64],
    people: Sequence[Person],
    decisions: FaceDecisions,
) -> list[FaceMatch]:
    """Return the matches after the decisions, in the order of the faces."""
    by_key = {person.key: person for person in people}
    decided = {
        (face, key): _decided(face, by_key[key], faces)
        for face, key in decisions.persons.items()
        if key in by_key
    }
    shown = {(int(photos[face]), key) for face, key in decided}
    refused = _refused_by_person(decisions)
    others = [
        match if _is_clear(match, faces, by_key, refused) else _doubted(match)
        for match in matches
        if (match.face, match.person) not in decided
        and not decisions.forbid(match.face, match.person)
        and (int(photos[match.face]), match.person) not in shown
    ]
    return sorted([*decided.values(), *others], key=lambda match: match.face)


def _refused_by_person(decisions: FaceDecisions) -> dict[Hashable, list[int]]:
    refused: dict[Hashable, list[int]] = defaultdict(list)
    for face, key in decisions.refused:
        refused[key].append(face)
    return refused


def _is_clear(
    match: FaceMatch,
    faces: Embeddings,
    people: Mapping[Hashable, Person],
    refused: Mapping[Hashable, Sequence[int]],
) -> bool:
    """Return whether no refused face is nearer to a matched face than the person's references."""
    if match.decision is not Decision.MATCH or match.person not in refused:
        return True
    face = faces[match.face][np.newaxis]
    others = distances_between(face, faces[sorted(refused[match.person])])
    own = distances_between(face, unit(people[match.person].references))
    return bool(own.min() <= others.min())


def _doubted(match: FaceMatch) -> FaceMatch:
    reason = f"{match.distance:.2f} to the reference, limit {match.threshold:.2f}; {_NEAR_REFUSED}"
    return replace(match, decision=Decision.REVIEW, reason=reason)


def _decided(face: int, person: Person, faces: Embeddings) -> FaceMatch:
    distance = distances_between(faces[face][np.newaxis], unit(person.references)).min()
    return FaceMatch(face, person.key, Decision.MATCH, float(distance), 0.0, DECIDED)
