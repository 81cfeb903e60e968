"""A decoded picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), RGB, upright, C-contiguous."""

SIDEWAYS: Final = frozenset({90, 270})
"""Turns in degrees that swap width and height."""


def turned_pixels(pixels: Pixels, degrees: int) -> Pixels:
    """Return a copy that is turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, -degrees // 90))


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """A decoded picture.

    Attributes:
        pixels: The picture, which may be smaller than the original.
        width: The width of the upright original, in pixels.
        height: The height of the upright original, in pixels.
        full_resolution: Decodes the original in its full size, if `pixels` are smaller only to
            save time.
    """

    pixels: Pixels
    width: int
    height: int
    full_resolution: Callable[[], Pixels] | None = None

    def turned(self, degrees: int) -> LoadedImage:
        """Return the picture, turned clockwise by 0, 90, 180 or 270 degrees."""
        if not degrees:
            return self
        size = self.width, self.height
        width, height = reversed(size) if degrees in SIDEWAYS else size
        full = self.full_resolution
        turned_full = (lambda: turned_pixels(full(), degrees)) if full else None
        return LoadedImage(turned_pixels(self.pixels, degrees), width, height, turned_full)

    @property
    def reduction(self) -> float:
        """Return the side of one of `pixels` in pixels of the original (≥ 1)."""
        longer: int = max(self.pixels.shape[:2])
        return max(self.width, self.height) / longer
