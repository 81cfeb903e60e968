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

    ``width`` and ``height`` are the upright original's; ``pixels`` may be smaller. If they were
    decoded smaller only to save time, ``full_resolution`` decodes the original in its full size.
    """

    pixels: Pixels
    width: int
    height: int
    full_resolution: Callable[[], Pixels] | None = None

    @property
    def reduction(self) -> float:
        """Return the side of one of ``pixels`` in pixels of the original (≥ 1)."""
        longer: int = max(self.pixels.shape[:2])
        return max(self.width, self.height) / longer
