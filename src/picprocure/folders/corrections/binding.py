"""What decisions mean for the faces that were found, whichever engine found them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from picprocure.faces.decisions import FaceDecisions
from picprocure.folders.corrections.types import Answer
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from picprocure.faces.types import Box
    from picprocure.folders.corrections.settling import Settled
    from picprocure.folders.corrections.types import Correction, Place

_SEVERAL: Final = ("several people",)
"""The person of a face about which decisions contradict each other. No one has this key."""


@dataclass(slots=True)
class BoundCorrections:
    """The standing decisions, for the faces and photos of one run.

    Attributes:
        persons: Whose face it is, by its row.
        refused: Rows with people whose face it is not.
        no_faces: Rows that are no face.
        given: People with photos that they get.
        withheld: People with photos that they don't get.
        doubtful: People with photos about which decisions contradict each other. They don't get
            them.
        contested: The rows of faces that are doubtful, with the people whose they may be.
        unbound: Decisions about a face that is not found in its photo.
        unused: Decisions about people who are not searched for.
        absent: Decisions about photos that are not there.
    """

    persons: dict[int, Hashable] = field(default_factory=dict)
    refused: set[tuple[int, Hashable]] = field(default_factory=set)
    no_faces: set[int] = field(default_factory=set)
    given: set[Place] = field(default_factory=set)
    withheld: set[Place] = field(default_factory=set)
    doubtful: set[Place] = field(default_factory=set)
    contested: set[tuple[int, str]] = field(default_factory=set)
    unbound: list[Correction] = field(default_factory=list)
    unused: list[Correction] = field(default_factory=list)
    absent: list[Correction] = field(default_factory=list)

    def face_decisions(self, photos: Sequence[str]) -> FaceDecisions:
        """Return the decisions for the sorting.

        Args:
            photos: The digest of each row's photo.
        """
        rows: dict[str, list[int]] = defaultdict(list)
        for row, digest in enumerate(photos):
            rows[digest].append(row)
        withheld: set[tuple[int, Hashable]] = {
            (row, person)
            for person, digest in self.withheld | self.doubtful
            for row in rows[digest]
        }
        return FaceDecisions(self.persons, self.refused, withheld, self.no_faces)


def bind(
    settled: Settled,
    faces: Sequence[tuple[str, Box]],
    *,
    people: Iterable[str],
    photos: Collection[str],
) -> BoundCorrections:
    """Bind decisions to faces by the content of photos and by overlapping boxes.

    Args:
        settled: The decisions.
        faces: The photo's digest and the box of each face. Their order gives the rows.
        people: The names of the people who are searched for.
        photos: The digests of all photos, also of those in which no face can be searched for.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, (digest, _) in enumerate(faces):
        rows[digest].append(row)
    names = {folded(name): name for name in people}
    collector = _Collector(settled.doubtful)
    for one in settled.standing:
        if one.photo not in photos:
            collector.bound.absent.append(one)
            continue
        own = [row for row in rows[one.photo] if one.is_at(faces[row][1])]
        collector.add(one, names.get(one.person_key), own)
    return collector.result(faces)


@dataclass(slots=True)
class _Collector:
    """Collects decisions one by one.

    Attributes:
        doubtful: Decisions that others contradict.
        claims: Whose each face may be, by its row.
        unbound_refusals: People with photos in which a face that is not theirs isn't found.
    """

    doubtful: set[Correction]
    bound: BoundCorrections = field(default_factory=BoundCorrections)
    claims: dict[int, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    unbound_refusals: set[Place] = field(default_factory=set)

    def add(self, one: Correction, person: str | None, rows: Sequence[int]) -> None:
        """Add a decision about a photo that is there.

        Args:
            one: The decision.
            person: Its person, if that person is searched for.
            rows: The faces in its place.
        """
        bound = self.bound
        if one.answer.is_about_a_face and not rows:
            bound.unbound.append(one)
        if one.answer is Answer.IS:
            # People who are not searched for keep their faces from others, too.
            self._claim(rows, ("not searched for", one.person_key) if person is None else person)
            if one in self.doubtful:
                self._claim(rows, _SEVERAL)
        elif one.answer is Answer.NO_FACE:
            bound.no_faces.update(rows)
        if person is not None:
            self._add_about(one, person, rows)
        elif one.answer.has_person:
            bound.unused.append(one)

    def _add_about(self, one: Correction, person: str, rows: Sequence[int]) -> None:
        bound, place = self.bound, (person, one.photo)
        if one in self.doubtful:
            bound.doubtful.add(place)
        if one.answer is Answer.WITHHELD:
            bound.withheld.add(place)
        elif one.answer is not Answer.IS_NOT:
            bound.given.add(place)
        elif rows:
            bound.refused.update((row, person) for row in rows)
        else:
            self.unbound_refusals.add(place)

    def _claim(self, rows: Sequence[int], key: Hashable) -> None:
        for row in rows:
            self.claims[row].add(key)

    def result(self, faces: Sequence[tuple[str, Box]]) -> BoundCorrections:
        """Say whose face each is, and who gets which photos."""
        bound = self.bound
        for row, keys in self.claims.items():
            self._resolve(row, keys, faces[row][0])
        bound.withheld |= self.unbound_refusals - (bound.given - bound.doubtful)
        bound.given -= bound.withheld | bound.doubtful
        return bound

    def _resolve(self, row: int, keys: set[Hashable], photo: str) -> None:
        """Say whose face one is. A face with several claims, or with a refused one, is no one's.

        Boxes of two engines may bring decisions together that did not contradict each other before.
        """
        bound = self.bound
        is_refused = any((row, key) in bound.refused for key in keys)
        if len(keys) == 1 and not is_refused and row not in bound.no_faces:
            (bound.persons[row],) = keys
            return
        bound.persons[row] = _SEVERAL
        bound.no_faces.discard(row)
        named = {key for key in keys if isinstance(key, str)}
        bound.contested |= {(row, name) for name in named}
        bound.doubtful |= {(name, photo) for name in named}
