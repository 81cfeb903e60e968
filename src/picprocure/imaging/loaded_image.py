"""A decoded picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), RGB, upright, C-contiguous."""


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

    @property
    def reduction(self) -> float:
        """Return the side of one of `pixels` in pixels of the original (≥ 1)."""
        longer: int = max(self.pixels.shape[:2])
        return max(self.width, self.height) / longer
