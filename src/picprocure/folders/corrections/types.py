"""What the person who sorts decided about photos and faces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from picprocure.faces.thresholds import SAME_PLACE
from picprocure.system.file_names import folded

if TYPE_CHECKING:
    from picprocure.faces.types import Box


class Answer(StrEnum):
    """What was decided: the first three about a face, the other two about a photo."""

    IS = "is"
    IS_NOT = "is not"
    NO_FACE = "not a face"
    GIVEN = "given"
    """The person gets the photo, whatever faces are in it."""

    WITHHELD = "withheld"
    """The person doesn't get the photo, whatever faces are in it."""

    @property
    def is_about_a_face(self) -> bool:
        return self in {Answer.IS, Answer.IS_NOT, Answer.NO_FACE}

    @property
    def has_person(self) -> bool:
        return self is not Answer.NO_FACE


class Source(StrEnum):
    """Where a decision was made: by moving files, or on the page."""

    FOLDERS = "folders"
    PAGE = "page"


Place: TypeAlias = tuple[str, str]
"""A person's key and a photo's digest."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision. It belongs to the content of a photo, and to a place in it.

    Attributes:
        photo: The SHA-256 of the photo's content.
        name: The photo's name when it was decided, for readers.
        box: The face's place, in pixels of the upright original, if it is about a face.
        person: The person's name, except for `Answer.NO_FACE`.
        undone: When it was taken back, or replaced by a later one.
    """

    photo: str
    name: str
    answer: Answer
    source: Source
    at: datetime
    person: str | None = None
    box: Box | None = None
    undone: datetime | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what tells decisions apart. The same decision may be in several files."""
        return self.photo, self.box, self.answer, self.person_key, self.source, self.at

    @property
    def person_key(self) -> str:
        """Return a key that is equal for names which some disk takes for the same folder."""
        return folded(self.person or "")

    def says_the_same(self, other: Correction) -> bool:
        """Return whether both decide the same, at whatever time and place."""
        is_same = (self.photo, self.answer, self.person_key) == (
            other.photo,
            other.answer,
            other.person_key,
        )
        return is_same and (self.box is None or self.is_at(other.box))

    def is_at(self, box: Box | None) -> bool:
        """Return whether it is about a face in this place."""
        return self.box is not None and box is not None and self.box.overlap(box) >= SAME_PLACE

    def contradicts(self, other: Correction) -> bool:
        """Return whether the two can't both be right."""
        if self.photo != other.photo:
            return False
        answers = {self.answer, other.answer}
        has_same_person = self.person_key == other.person_key
        if self.box is not None and other.box is not None:
            if not self.is_at(other.box):
                return False
            if answers == {Answer.IS}:
                return not has_same_person
            if answers == {Answer.IS, Answer.IS_NOT}:
                return has_same_person
            return answers == {Answer.IS, Answer.NO_FACE}
        is_opposite = answers in ({Answer.GIVEN, Answer.WITHHELD}, {Answer.IS, Answer.WITHHELD})
        return is_opposite and has_same_person


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in a person's folder that no run put there.

    Attributes:
        path: The path in the output folder, with forward slashes.
        person: The person whose folder it is in, as the people's folder writes the name.
        digests: The SHA-256 of contents that it may have. More than one if a link that was moved
            leads to another file than before. Empty if it can't be read.
        stamp: Changes when the file does.
    """

    path: str
    person: str
    digests: tuple[str, ...]
    is_photo: bool
    stamp: tuple[int, ...] | None = None

    def digest_among(self, known: set[str]) -> str | None:
        """Return the first of its contents that is known."""
        return next((digest for digest in self.digests if digest in known), None)


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file that a run wrote and that is no longer there.

    Attributes:
        folder: The folder's name: the person's, as the run wrote it.
        path: The path in the output folder.
        is_review: Whether it was in the person's folder for review.
        is_replaced: Whether another file is in its place.
    """

    path: str
    folder: str
    digest: str
    is_review: bool
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What was changed by hand in an output folder since the last run.

    Attributes:
        found: Files that were added, in folders of people.
        lost: Files that were removed.
        kept: Contents that are still where the run wrote them, by the folder's name.
        cleared: Names of folders that were deleted, or emptied of several photos. `_review/` is in
            front of those for review.
        unknown_folders: Folders with photos that belong to no person.
        written: The digests of all files that the last run wrote.
    """

    found: tuple[FoundFile, ...] = ()
    lost: tuple[LostFile, ...] = ()
    kept: frozenset[tuple[str, str]] = frozenset()
    cleared: frozenset[str] = frozenset()
    unknown_folders: tuple[str, ...] = ()
    written: frozenset[str] = frozenset()
