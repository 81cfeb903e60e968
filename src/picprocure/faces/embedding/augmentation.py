"""Augment the chip of a face at test time: a little larger, smaller or turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZOOMS: Final = (0.94, 1.06)
TURNS: Final = (-4.0, 4.0)
"""Degrees. With the mean over the chip and all variants, each mirrored as well, .455 of LFW's pairs
of one person are nearer than all but one in 100,000 pairs of strangers. With only the chip and its
mirror image, .440 are. Moving and resizing the box by 6 to 8 % before the landmarks are found
changed nothing."""


def augmented(chip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a chip (side, side, 3) and its variants, uint8 (n, side, side, 3), the chip first."""
    picture = Image.fromarray(chip)
    zoomed = [_zoomed(picture, factor) for factor in ZOOMS]
    turned = [picture.rotate(degrees, resample=Image.Resampling.BICUBIC) for degrees in TURNS]
    return np.stack([np.asarray(variant) for variant in (picture, *zoomed, *turned)])


def _zoomed(picture: Image.Image, factor: float) -> Image.Image:
    """Enlarge a chip around its center and keep its size. Missing parts are black."""
    side = picture.width
    start, stop = (side - side / factor) / 2, (side + side / factor) / 2
    return picture.transform(
        picture.size,
        Image.Transform.EXTENT,
        (start, start, stop, stop),
        resample=Image.Resampling.BICUBIC,
    )
