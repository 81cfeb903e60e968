"""Make matches agree with what hosts said about several faces. Where they don't, they wait."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from picprocure.faces.distances import distances_between
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence, Set

    import numpy as np
    from numpy.typing import NDArray

    from picprocure.faces.clustering.constraints import Constraints
    from picprocure.faces.matching.types import Person
    from picprocure.faces.types import Embeddings

_APART: Final = "someone else than on photos that are more like the references, as a host said"
_TOGETHER: Final = "the same person as on a photo that matches, as a host said"
_TWO_PEOPLE: Final = "photos of one person, as a host said, match two people"
_CONTRADICTORY: Final = "what hosts said about this face contradicts itself"


@dataclass(frozen=True, slots=True)
class GroupedFaces:
    """The faces of an event, and what is known of several together.

    Attributes:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        clusters: The cluster of each face (n,), in agreement with the constraints.
        constraints: Which faces are of one person or of two.
        contradictory: Faces about which hosts contradicted themselves.
        is_decided: Whether a host said that a face is a person's.
        is_forbidden: Whether a face can't be matched with a person.
    """

    faces: Embeddings
    photos: NDArray[np.int64]
    clusters: NDArray[np.int32]
    constraints: Constraints
    contradictory: Set[int]
    is_decided: Callable[[int, Hashable], bool]
    is_forbidden: Callable[[int, Hashable], bool]

    def honored(
        self, matches: Sequence[FaceMatch], people: Mapping[Hashable, Person]
    ) -> list[FaceMatch]:
        """Return the matches after what is known, in the order of the faces.

        No one gets photos of two people who are apart: those that are less like the references
        wait for review. A face that is together with a matched one waits for review, too, if it
        doesn't match. If such faces match two people, all of them wait. So do faces about which
        hosts contradicted themselves.
        """
        contradictory = {
            (match.face, match.person) for match in matches if match.face in self.contradictory
        }
        kept = self._doubted(matches, contradictory, _CONTRADICTORY)
        if not self.constraints:
            return kept
        kept = self._doubted(kept, self._of_two_people(kept), _TWO_PEOPLE)
        kept = self._doubted(kept, self._of_others(kept), _APART)
        return sorted([*kept, *self._also_theirs(kept, people)], key=lambda match: match.face)

    def _doubted(
        self, matches: Sequence[FaceMatch], doubtful: set[tuple[int, Hashable]], why: str
    ) -> list[FaceMatch]:
        """Return matches of which those of some faces and people wait for review."""
        return [
            replace(match, decision=Decision.REVIEW, reason=why)
            if (match.face, match.person) in doubtful
            and match.decision is Decision.MATCH
            and not self.is_decided(match.face, match.person)
            else match
            for match in matches
        ]

    def _of_two_people(self, matches: Sequence[FaceMatch]) -> set[tuple[int, Hashable]]:
        """Return matches of faces that are together, if they are with different people."""
        found = _people_by_face(matches)
        doubtful: set[tuple[int, Hashable]] = set()
        for together in self.constraints.together:
            pairs = {(face, person) for face in together for person in found[face]}
            if len({person for _, person in pairs}) > 1:
                doubtful |= pairs
        return doubtful

    def _of_others(self, matches: Sequence[FaceMatch]) -> set[tuple[int, Hashable]]:
        """Return matches in clusters that show someone else than another cluster of a person."""
        by_cluster: dict[int, dict[Hashable, list[FaceMatch]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for match in matches:
            if match.decision is Decision.MATCH:
                by_cluster[int(self.clusters[match.face])][match.person].append(match)
        doubtful: set[tuple[int, Hashable]] = set()
        for one, other in self.constraints.apart:
            first = by_cluster[int(self.clusters[one])]
            second = by_cluster[int(self.clusters[other])]
            for person in first.keys() & second.keys():
                farther = max(first[person], second[person], key=self._distance)
                doubtful |= {(match.face, person) for match in farther}
        return doubtful

    def _distance(self, matches: Sequence[FaceMatch]) -> tuple[bool, float, int]:
        """Return how far the faces of matches are from the references. Those decided are near."""
        is_decided = any(self.is_decided(match.face, match.person) for match in matches)
        mean = sum(match.distance for match in matches) / len(matches)
        return not is_decided, mean, min(match.face for match in matches)

    def _also_theirs(
        self, matches: Sequence[FaceMatch], people: Mapping[Hashable, Person]
    ) -> list[FaceMatch]:
        """Return doubts about faces that are together with a matched one."""
        found = _people_by_face(matches)
        known = {(match.face, match.person) for match in matches}
        shown = {
            (int(self.photos[match.face]), match.person)
            for match in matches
            if match.decision is Decision.MATCH
        }
        doubts = []
        for together in self.constraints.together:
            for person in {person for face in together for person in found[face]}:
                for face in together:
                    is_shown = (int(self.photos[face]), person) in shown
                    if not (is_shown or (face, person) in known or self.is_forbidden(face, person)):
                        doubts.append(self._doubt(face, people[person]))
        return doubts

    def _doubt(self, face: int, person: Person) -> FaceMatch:
        distance = distances_between(self.faces[[face]], unit(person.references)).min()
        return FaceMatch(face, person.key, Decision.REVIEW, float(distance), 0.0, _TOGETHER)


def _people_by_face(matches: Sequence[FaceMatch]) -> Mapping[int, set[Hashable]]:
    found: dict[int, set[Hashable]] = defaultdict(set)
    for match in matches:
        if match.decision is Decision.MATCH:
            found[match.face].add(match.person)
    return found
