"""What it means that photos were moved, added or removed by hand in people's folders.

A photo that was taken from a person's folder is withheld from that person. A photo that was put
into one is given to that person: as the face that must be meant if there is only one, else as a
whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.matching.types import Decision
from picprocure.faces.vectors import unit
from picprocure.folders.corrections.types import Answer, Correction, Source
from picprocure.folders.names import printable
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from picprocure.faces.types import Box, Embeddings, FoundFace
    from picprocure.folders.corrections.settling import Settled
    from picprocure.folders.corrections.types import FolderChanges, LostFile

_MOST_NAMES: Final = 5


@dataclass(frozen=True, slots=True, eq=False)  # arrays can't be compared
class MachineFace:
    """A face of a photo, and what the machine decided about it before the changes by hand.

    Attributes:
        person: The matched person, or the candidate for a review.
        candidates: The people whose folder for review the photo is in because of this face.
    """

    face: FoundFace
    person: str | None
    decision: Decision
    candidates: frozenset[str] = frozenset()


@dataclass(slots=True)
class Moves:
    """Photos that were taken from people and put to people, by the digests of their contents."""

    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    put: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    notices: list[str] = field(default_factory=list)


def moves_in(changes: FolderChanges, names: Mapping[str, str], people: Iterable[str]) -> Moves:
    """Return which photos were taken from whom and put to whom.

    Args:
        changes: What was changed in the folders.
        names: A name of each photo that is there now, by its digest.
        people: The names of the people who are searched for.
    """
    moves = Moves()
    known = {*names, *changes.written}
    found: dict[str, set[str]] = defaultdict(set)
    contents = {file.path: file.digest_among(known) for file in changes.found}
    foreign = []
    for file in changes.found:
        digest = contents[file.path]
        if digest is not None and digest in names:
            found[folded(file.person)].add(digest)
        elif file.is_photo:
            foreign.append(file.path)
    lost = [one for one in changes.lost if not (one.is_replaced and contents.get(one.path) is None)]
    lost_by_person: dict[str, set[str]] = defaultdict(set)
    spelled = {folded(name): name for name in people}
    for one in lost:
        if not one.is_review:
            lost_by_person[folded(one.folder)].add(one.digest)
        is_kept = (one.folder, one.digest) in changes.kept
        is_renamed = one.digest in found[folded(one.folder)]
        is_cleared = _folder_of(one) in changes.cleared
        if not (is_kept or is_renamed or is_cleared):
            moves.taken[one.folder].add(one.digest)
    for key, digests in found.items():
        kept = {digest for folder, digest in changes.kept if folded(folder) == key}
        if added := digests - lost_by_person[key] - kept:
            moves.put[spelled[key]] |= added
    cleared = [
        folder for folder in sorted(changes.cleared) if folded(PurePath(folder).name) in spelled
    ]
    moves.notices = list(_notices(cleared, changes.unknown_folders, foreign))
    return moves


def _folder_of(one: LostFile) -> str:
    return f"_review/{one.folder}" if one.is_review else one.folder


def _notices(
    cleared: Iterable[str], unknown: Iterable[str], foreign: Sequence[str]
) -> Iterator[str]:
    for folder in cleared:
        yield (
            f"The folder {printable(folder)} was deleted or emptied. We don't take this as a "
            "decision about each of its photos, so it is filled again. To take photos from a "
            "person, delete some of them, or use the page."
        )
    for folder in unknown:
        yield (
            f"The folder {printable(folder)} belongs to no one in the people folder, so its photos "
            f"are given to no one. If {printable(folder)} is a person, add a photo of them to the "
            "people folder, and run the command again."
        )
    if foreign:
        count = len(foreign)
        yield (
            f"{count:,} photo{'s' if count > 1 else ''} in people's folders "
            f"{'are' if count > 1 else 'is'} not in the photos folder, and so left alone: "
            f"{listed(foreign)}."
        )


def listed(names: Sequence[str]) -> str:
    """Return the first of some names, printable, and how many more there are."""
    shown = ", ".join(map(printable, names[:_MOST_NAMES]))
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def corrections_of(
    moves: Moves,
    *,
    names: Mapping[str, str],
    faces: Mapping[str, Sequence[MachineFace]],
    references: Mapping[str, Embeddings],
    settled: Settled,
    max_distance: float,
    at: datetime,
) -> list[Correction]:
    """Return the decisions that moves by hand are, without those that stand already.

    Args:
        moves: What was taken and put.
        names: A name of each photo, by its digest.
        faces: The faces of each photo that was put somewhere.
        references: The reference embeddings of each person who has some.
        settled: The decisions so far.
        max_distance: A face that is farther than this from a reference shows another person.
        at: When the moves were noticed.
    """
    standing: dict[str, list[Correction]] = defaultdict(list)
    for one in settled.standing:
        standing[one.photo].append(one)
    decided = [
        Correction(digest, names.get(digest, digest), Answer.WITHHELD, Source.FOLDERS, at, person)
        for person, digests in sorted(moves.taken.items())
        for digest in sorted(digests)
    ]
    chosen: dict[tuple[str, str], Box | None] = {}
    for person, digests in sorted(moves.put.items()):
        for digest in sorted(digests):
            against = [one for one in standing[digest] if _is_against(one, person)]
            own = [
                face
                for face in faces.get(digest, ())
                if not any(one.is_at(face.face.box) for one in against)
            ]
            taken_from = {folded(name) for name, taken in moves.taken.items() if digest in taken}
            near = _plausible(own, references.get(person), max_distance)
            chosen[person, digest] = _meant(near, person, taken_from)
    for (person, digest), box in chosen.items():
        others = [place for place in chosen if place != (person, digest) and place[1] == digest]
        if box is not None and any(chosen[place] == box for place in others):
            box = None  # noqa: PLW2901 -- it can't be the face of both
        answer = Answer.GIVEN if box is None else Answer.IS
        name = names.get(digest, digest)
        decided.append(Correction(digest, name, answer, Source.FOLDERS, at, person, box))
    return [
        one
        for one in decided
        if not any(
            other.source is Source.FOLDERS and one.says_the_same(other)
            for other in standing[one.photo]
        )
    ]


def _is_against(one: Correction, person: str) -> bool:
    """Return whether a decision about a face says that it is not a person's."""
    is_about_person = one.person_key == folded(person)
    if one.answer is Answer.IS:
        # What was decided by moving files may change in the same way.
        return not is_about_person and one.source is not Source.FOLDERS
    return one.answer is Answer.NO_FACE or (one.answer is Answer.IS_NOT and is_about_person)


def _plausible(
    faces: Sequence[MachineFace], references: Embeddings | None, max_distance: float
) -> list[MachineFace]:
    """Return the faces that may show the person of the references."""
    if references is None or not len(references) or not faces:
        return []
    embeddings = unit(np.stack([one.face.embedding for one in faces]))
    far = distances_between(embeddings, unit(references)).min(axis=1) > max_distance
    return [one for one, is_far in zip(faces, far.tolist(), strict=True) if not is_far]


def _meant(faces: Sequence[MachineFace], person: str, taken_from: set[str]) -> Box | None:
    """Return the only face that can be meant, or None if none or several can."""
    matches = [one for one in faces if one.decision is Decision.MATCH]
    own = [one for one in matches if one.person == person]
    candidates = [one for one in faces if person in one.candidates and one not in matches]
    free = [one for one in faces if one not in matches or folded(one.person or "") in taken_from]
    possible = own or candidates or free
    return possible[0].face.box if len(possible) == 1 else None
