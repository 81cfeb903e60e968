"""The result of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box
    from picprocure.folders.analysis.types import EngineChoice
    from picprocure.folders.decisions import DecidedFace, Doubt


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference photo; ``file`` is its name below the people's folder."""

    file: str
    reason: str | None = None
    digest: str | None = None
    box: Box | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class SortedPhoto:
    name: str
    path: Path
    digest: str | None
    faces: list[DecidedFace]
    error: str | None


@dataclass(frozen=True, slots=True)
class SortedPerson:
    """``photos`` are names; ``review`` are names with the faces that may be this person's."""

    name: str
    references: list[Reference]
    photos: list[str]
    review: dict[str, list[Doubt]]


@dataclass(frozen=True, slots=True)
class Timing:
    seconds: float
    analyze_seconds: float
    cluster_seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """``new`` photos were looked at now, the rest was known; ``others`` are no photos at all."""

    people: list[SortedPerson]
    photos: dict[str, SortedPhoto]
    engine: EngineChoice
    thresholds: Thresholds
    limits: dict[str, float]
    timing: Timing
    new: int
    others: int

    @property
    def failed(self) -> dict[str, str]:
        return {photo.name: photo.error for photo in self.photos.values() if photo.error}
