"""The result of cleaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A rewritten file. `width` and `height` are pixels as stored, before the orientation.

    ``is_cut`` says that the end of the original was missing, so the picture may be incomplete.
    """

    content: bytes
    width: int
    height: int
    orientation: int
    is_cut: bool = False
