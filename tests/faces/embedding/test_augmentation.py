from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from picprocure.faces.embedding.augmentation import TURNS, ZOOMS, augmented
from picprocure.imaging.loaded_image import Pixels

SIDE = 150


@pytest.fixture(scope="module")
def chip() -> Pixels:
    """Return soft blobs, as bright at the edge as in the middle."""
    noise = np.random.default_rng(0).integers(60, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(6)))


def difference(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a.astype(int) - b).mean())


def test_the_chip_itself_comes_first_then_its_variants(chip: Pixels) -> None:
    chips = augmented(chip)
    assert chips.shape == (1 + len(ZOOMS) + len(TURNS), SIDE, SIDE, 3)
    assert chips.dtype == np.uint8
    assert np.array_equal(chips[0], chip)


def test_all_variants_differ_and_only_a_little(chip: Pixels) -> None:
    chips = augmented(chip)
    middle = chips[:, 20:-20, 20:-20]
    for row, variant in enumerate(middle):
        for other in middle[row + 1 :]:
            assert 0.5 < difference(variant, other) < 10


def test_a_smaller_face_has_a_black_rim_and_a_larger_one_none(chip: Pixels) -> None:
    _, smaller, larger, *_ = augmented(chip)
    assert not smaller[:, 0].any()
    assert not smaller[-1].any()
    assert smaller[10:-10, 10:-10].min() > 0
    assert larger.min() > 0


def test_zooms_keep_the_middle_in_its_place() -> None:
    chip = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    chip[65:85, 65:85] = 255
    for zoomed in augmented(chip)[1 : 1 + len(ZOOMS)]:
        rows, columns = np.nonzero(zoomed[:, :, 0] > 128)
        assert rows.mean() == pytest.approx(74.5, abs=0.6)
        assert columns.mean() == pytest.approx(74.5, abs=0.6)


def test_turns_go_both_ways(chip: Pixels) -> None:
    chip = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    chip[70:80, 120:130] = 255  # on the right: it moves up when turned counterclockwise
    heights = [
        np.nonzero(turned[:, :, 0] > 128)[0].mean() for turned in augmented(chip)[1 + len(ZOOMS) :]
    ]
    assert heights[0] > 74.5 + 2
    assert heights[1] < 74.5 - 2
