"""What is found in a photo, and what is asked of the process that looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.types import Box, FoundFace


class Kind(StrEnum):
    PHOTO = "photo"
    REFERENCE = "reference"
    PICTURES = "pictures"
    """Only the small pictures: what is in the photo is known."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The faces of a photo, or why there are none. A reference has exactly one."""

    faces: tuple[FoundFace, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Look at a photo.

    ``digest`` is the SHA-256 that its content must have, ``pictures`` the folder for its small
    pictures, of the faces in ``boxes`` too where ``kind`` is PICTURES.
    """

    kind: Kind
    name: str
    path: Path
    digest: str
    pictures: Path | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """How a process makes its engine: ``make`` is sent to it. ``about`` is for the report."""

    make: Callable[[], FaceEngine]
    version: str
    about: dict[str, str]
