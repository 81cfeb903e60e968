"""The result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from picprocure.folders.corrections.binding import BoundCorrections
from picprocure.folders.corrections.settling import Settled

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box
    from picprocure.folders.analysis.types import EngineChoice
    from picprocure.folders.corrections.types import Correction
    from picprocure.folders.decisions import DecidedFace, ReviewCandidate


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference photo of a person.

    Attributes:
        file: The photo's path below the people's folder.
        reason: Why the photo can't be used. None if it can.
        digest: The SHA-256 of the content, if the photo can be used.
        box: The face in the photo, if the photo can be used.
    """

    file: str
    reason: str | None = None
    digest: str | None = None
    box: Box | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class SortedPhoto:
    """A photo with its decided faces, or the error that kept it from being analyzed.

    Attributes:
        turn: The degrees by which it must be turned clockwise, after its EXIF orientation. The
            boxes of the faces are in the turned photo.
    """

    name: str
    path: Path
    digest: str | None
    faces: list[DecidedFace]
    error: str | None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class SortedPerson:
    """A person with the results of the run.

    Attributes:
        photos: The names of the photos that the person gets.
        review: The names of photos that may show the person, each with the candidate faces.
    """

    name: str
    references: list[Reference]
    photos: list[str]
    review: dict[str, list[ReviewCandidate]]


@dataclass(frozen=True, slots=True)
class Timing:
    """The duration of a run and of two of its steps."""

    seconds: float
    analyze_seconds: float
    cluster_seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run.

    Attributes:
        people: All people, by name.
        photos: All photos by name, including those that can't be read.
        engine: The face engine that was used.
        thresholds: The matching thresholds that were used.
        limits: The limits that were computed from this event's faces.
        held_back: How many photos were not delivered because the event was matched more strictly
            than usual, counted for each person, or 0 if that is not worth saying.
        similar_photos: The names of the photos that made it so, those whose faces look most alike,
            strongest first.
        same_face: Pairs of people whose references look like one person.
        newly_analyzed: The number of photos that were analyzed in this run, not taken from the
            cache.
        other_files: The number of files in the photos' folder that are not photos.
        settled: What the user decided, with what was done by hand since the last run.
        corrections: The same, bound to the photos and people of this run.
        recorded: The decisions that changes by hand since the last run are.
        folder_notices: What to say about changes by hand in the output folder.
    """

    people: list[SortedPerson]
    photos: dict[str, SortedPhoto]
    engine: EngineChoice
    thresholds: Thresholds
    limits: dict[str, float]
    held_back: int
    similar_photos: list[str]
    same_face: list[tuple[str, str]]
    timing: Timing
    newly_analyzed: int
    other_files: int
    settled: Settled = field(default_factory=Settled)
    corrections: BoundCorrections = field(default_factory=BoundCorrections)
    recorded: list[Correction] = field(default_factory=list)
    folder_notices: list[str] = field(default_factory=list)

    @property
    def failed(self) -> dict[str, str]:
        """Return the error of each photo that can't be analyzed, by the photo's name."""
        return {photo.name: photo.error for photo in self.photos.values() if photo.error}
