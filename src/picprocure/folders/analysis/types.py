"""The jobs of the worker processes, and their results."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.types import Box, FoundFace


READY: Final = "ready"
"""What a worker process sends when it has created its engine."""


class Kind(StrEnum):
    """What a job does with a file."""

    PHOTO = "photo"
    REFERENCE = "reference"
    THUMBNAILS = "thumbnails"
    """Only write thumbnails, as the photo's analysis is already known."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The faces in a photo, or the error that kept it from being analyzed.

    A reference without an error has exactly one face.
    """

    faces: tuple[FoundFace, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One file for a worker process.

    Attributes:
        kind: What to do with the file.
        name: The file's name for messages.
        path: The file.
        digest: The SHA-256 that the content must have.
        thumbnail_folder: The folder for thumbnails, if they are wanted.
        boxes: The faces that need a thumbnail, for THUMBNAILS.
        turn: The turn of these faces.
        is_photo_missing: Whether the photo needs a thumbnail, for THUMBNAILS.
    """

    kind: Kind
    name: str
    path: Path
    digest: str
    thumbnail_folder: Path | None = None
    boxes: tuple[Box, ...] = ()
    turn: int = 0
    is_photo_missing: bool = False


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """How to create a face engine.

    Attributes:
        make: Creates the engine. It is sent to each worker process, so it must be picklable.
        version: The engine's version, which is part of the cache's key.
        about: The names of the engine's parts, for the report.
    """

    make: Callable[[], FaceEngine]
    version: str
    about: dict[str, str]
