"""The result of cleaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A rewritten file.

    Attributes:
        content: The file.
        width: Its width in pixels, before it is turned.
        height: Its height in pixels, before it is turned.
        orientation: The EXIF orientation, 1 to 8.
        is_cut: Whether the end of the original is missing, so the picture may be incomplete.
    """

    content: bytes
    width: int
    height: int
    orientation: int
    is_cut: bool = False
