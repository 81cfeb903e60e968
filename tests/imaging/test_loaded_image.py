from __future__ import annotations

import numpy as np

from picprocure.imaging.loaded_image import LoadedImage


def test_reduction_leads_from_pixels_back_to_the_original() -> None:
    image = LoadedImage(np.zeros((300, 400, 3), dtype=np.uint8), width=1600, height=1200)
    assert image.reduction == 4
