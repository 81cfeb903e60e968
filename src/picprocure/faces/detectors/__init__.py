"""Face detectors behind one small protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from picprocure.faces.types import Box, Pixels


@dataclass(frozen=True, slots=True)
class Detection:
    """``box`` in pixels of the picture that was given; a higher ``score`` is more certain."""

    box: Box
    score: float


class Detector(Protocol):
    """Finds faces; may be called from several threads at once."""

    @property
    def name(self) -> str:
        """Short, and another one whenever the boxes would be others."""
        ...

    def find(self, pixels: Pixels) -> list[Detection]: ...
