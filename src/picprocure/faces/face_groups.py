"""What hosts said about several faces: who is one person, and what follows for each face."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from picprocure.faces.clustering.constraints import Constraints, joined

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence, Set


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """Faces that a host said are one person, and faces that they said are not this person.

    Attributes:
        same: The faces of the person.
        others: The other faces. They may be of one or of several people.
    """

    same: Set[int]
    others: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from groups of faces, and from what hosts said about each face.

    Attributes:
        constraints: What is known of the faces together.
        persons: The key of the person whose face it is, with those that follow.
        refused: Faces with the keys of people whose face it is not, with those that follow.
        contradictory: Faces about which hosts contradicted themselves. Groups with such a face have
            no effect.
    """

    constraints: Constraints = field(default_factory=Constraints)
    persons: Mapping[int, Hashable] = field(default_factory=dict)
    refused: Set[tuple[int, Hashable]] = frozenset()
    contradictory: Set[int] = frozenset()


def consequences(
    groups: Sequence[FaceGroup],
    persons: Mapping[int, Hashable],
    refused: Set[tuple[int, Hashable]],
) -> Consequences:
    """Return what follows from groups. It doesn't depend on their order.

    If one face is a person's, all faces that are together with it are. If it is not theirs, none
    is. If two faces are apart, what is a person's can't be for the other one.

    Args:
        groups: What hosts said about several faces, by their rows.
        persons: The key of the person whose face it is, where a host said so.
        refused: Faces with the keys of people whose face it is not.
    """
    known = _Known.of(groups, persons, refused)
    contradictory = known.contradictory()
    if contradictory:
        consistent = [one for one in groups if not contradictory & {*one.same, *one.others}]
        known = _Known.of(consistent, persons, refused)
    all_persons, all_refused = dict(persons), set(refused)
    for number, faces in enumerate(known.people):
        for face in faces:
            for person in known.persons[number]:
                all_persons[face] = person
            all_refused |= {(face, person) for person in known.refused[number]}
            for other in known.apart[number]:
                all_refused |= {(face, person) for person in known.persons[other]}
    constraints = Constraints(
        together=tuple(faces for faces in known.people if len(faces) > 1),
        apart=frozenset(
            (known.people[one][0], known.people[other][0])
            for one, others in known.apart.items()
            for other in others
            if one < other
        ),
    )
    return Consequences(constraints, all_persons, frozenset(all_refused), contradictory)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the people whom groups are about, by their numbers.

    Attributes:
        people: The faces of each person, ascending.
        apart: The people who are not this person.
        persons: The keys of those whom a host named. Two contradict each other.
        refused: The keys of those who they are not.
    """

    people: list[tuple[int, ...]]
    apart: Mapping[int, set[int]]
    persons: Mapping[int, set[Hashable]]
    refused: Mapping[int, set[Hashable]]

    @classmethod
    def of(
        cls,
        groups: Sequence[FaceGroup],
        persons: Mapping[int, Hashable],
        refused: Iterable[tuple[int, Hashable]],
    ) -> _Known:
        together = joined(group.same for group in groups)
        known = {face for faces in together for face in faces}
        alone = {face for group in groups for face in (*group.same, *group.others)} - known
        people = sorted([*together, *((face,) for face in alone)])
        number_of = {face: number for number, faces in enumerate(people) for face in faces}
        apart: dict[int, set[int]] = defaultdict(set)
        for group in groups:
            for number in {number_of[face] for face in group.same}:
                for other in group.others:
                    apart[number].add(number_of[other])
                    apart[number_of[other]].add(number)
        named: dict[int, set[Hashable]] = defaultdict(set)
        for face in number_of.keys() & persons.keys():
            named[number_of[face]].add(persons[face])
        denied: dict[int, set[Hashable]] = defaultdict(set)
        for face, person in refused:
            if face in number_of:
                denied[number_of[face]].add(person)
        return cls(people, apart, named, denied)

    def contradictory(self) -> Set[int]:
        """Return the faces about which hosts contradicted themselves."""
        return frozenset(
            face
            for number, faces in enumerate(self.people)
            if self._is_contradictory(number)
            for face in faces
        )

    def _is_contradictory(self, number: int) -> bool:
        named = self.persons[number]
        others = self.apart[number]
        return (
            number in others
            or len(named) > 1
            or bool(named & self.refused[number])
            or any(named & self.persons[other] for other in others)
        )
