"""One face as it might as well have been cut out: a little larger, smaller, turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZOOMS: Final = (0.94, 1.06)
TURNS: Final = (-4.0, 4.0)
"""Degrees. With the mean over these and the chip itself, all mirrored, of LFW's pairs of one person
.455 are nearer than all but one in 100,000 pairs of strangers; with the mirrored chip alone, .440.
Moving and resizing the box by 6 to 8 % before the landmarks are found brought nothing."""


def varied(chip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The chip, then its variants; (side, side, 3) to (n, side, side, 3)."""
    picture = Image.fromarray(chip)
    zoomed = [_zoomed(picture, factor) for factor in ZOOMS]
    turned = [picture.rotate(degrees, resample=Image.Resampling.BICUBIC) for degrees in TURNS]
    return np.stack([np.asarray(one) for one in (picture, *zoomed, *turned)])


def _zoomed(picture: Image.Image, factor: float) -> Image.Image:
    """The middle enlarged by ``factor``, in the same size; what is missing is black."""
    side = picture.width
    start, stop = (side - side / factor) / 2, (side + side / factor) / 2
    return picture.transform(
        picture.size,
        Image.Transform.EXTENT,
        (start, start, stop, stop),
        resample=Image.Resampling.BICUBIC,
    )
