"""Searching a photo in tiles, with a network that finds bright squares."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from picprocure.faces.detectors import tiled_search
from picprocure.faces.detectors.boxes import Candidates, joined
from picprocure.faces.detectors.tiled_search import (
    Pictures,
    Scores,
    find_faces,
    padded,
    search_factor,
    squares,
    tiles,
)
from picprocure.faces.types import Box
from picprocure.imaging.loaded_image import Pixels

SCORES = Scores(min_faint=0.25, min_candidate=0.5, sure=0.8, min_mean=0.55, min_faint_mean=0.85)


class SeesGreen:
    """A network that finds green squares of some sizes."""

    tile_side = 1024

    def __init__(self, score: float = 0.9, sizes: tuple[int, int] = (8, 300)) -> None:
        self.score, self.sizes = score, sizes
        self.shapes: list[tuple[int, ...]] = []

    def candidates(self, pictures: Pictures, min_score: float) -> list[Candidates]:
        self.shapes.append(pictures.shape)
        return [self._in_picture(picture, min_score) for picture in pictures]

    def _in_picture(self, pixels: Pixels, min_score: float) -> Candidates:
        boxes = np.array(self._green(pixels[:, :, 1] > 127), dtype=np.float32).reshape(-1, 4)
        if self.score < min_score:
            boxes = boxes[:0]
        points = np.repeat((boxes[:, None, :2] + boxes[:, None, 2:]) / 2, 5, axis=1)
        scores = np.full(len(boxes), self.score, dtype=np.float32)
        return Candidates(boxes, scores, points.astype(np.float32))

    def _green(self, green: NDArray[np.bool_]) -> list[list[int]]:
        columns = np.flatnonzero(green.any(axis=0))
        gaps = np.flatnonzero(np.diff(columns) > 1) + 1
        found = []
        for part in np.split(columns, gaps) if len(columns) else []:
            rows = np.flatnonzero(green[:, part].any(axis=1))
            if self.sizes[0] <= len(part) <= self.sizes[1]:
                found.append([part[0], rows[0], part[-1] + 1, rows[-1] + 1])
        return found


def photo(width: int, height: int, *, face: Box) -> Pixels:
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[face.top : face.bottom, face.left : face.right, 1] = 255
    return pixels


def the_face(network: SeesGreen, pixels: Pixels) -> Box:
    (found,) = find_faces(network, pixels, reduction=1, scores=SCORES)
    return found.box


@pytest.mark.parametrize(
    "face",
    [
        Box(10, 10, 60, 60),
        Box(3950, 2940, 3990, 2980),
        Box(1000, 700, 1040, 740),
        Box(1650, 1200, 1900, 1450),
        Box(800, 300, 3200, 2700),
    ],
    ids=["corner", "other corner", "small", "across tiles", "fills the photo"],
)
def test_faces_of_all_sizes_are_found_once_in_a_large_photo(face: Box) -> None:
    found = the_face(SeesGreen(), photo(4000, 3000, face=face))
    side = tiled_search.SQUARE_PER_MEAN_SIDE * face.width
    assert found.width == pytest.approx(side, rel=0.03, abs=3)
    assert (found.left + found.right) / 2 == pytest.approx((face.left + face.right) / 2, abs=8)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 900), (40, 3), (1600, 10), (5000, 20)])
def test_a_photo_of_any_shape_can_be_searched(width: int, height: int) -> None:
    network = SeesGreen()
    assert (
        find_faces(network, np.zeros((height, width, 3), np.uint8), reduction=1, scores=SCORES)
        == []
    )
    assert all(side % 32 == 0 for shape in network.shapes for side in shape[1:3])


def test_what_is_doubtful_must_be_seen_again_in_a_close_look() -> None:
    pixels = photo(1600, 1200, face=Box(700, 500, 730, 530))
    assert len(find_faces(SeesGreen(0.6), pixels, reduction=1, scores=SCORES)) == 1
    assert find_faces(SeesGreen(0.6, sizes=(8, 40)), pixels, reduction=1, scores=SCORES) == []
    assert len(find_faces(SeesGreen(0.9, sizes=(8, 40)), pixels, reduction=1, scores=SCORES)) == 1


def test_the_close_look_reaches_beyond_the_edge_of_the_photo() -> None:
    pixels = photo(1600, 1200, face=Box(0, 0, 40, 40))
    assert len(find_faces(SeesGreen(0.6), pixels, reduction=1, scores=SCORES)) == 1


def test_a_shape_that_looks_like_a_face_from_one_side_only_is_none() -> None:
    """The mean of three scores decides: .6 first, .6 in the crop, and 0 in its mirror image."""

    class SeesTheLeft(SeesGreen):
        def _in_picture(self, pixels: Pixels, min_score: float) -> Candidates:
            found = super()._in_picture(pixels, min_score)
            is_crop = pixels.shape[:2] == (tiled_search.CONFIRM_SIDE, 2 * tiled_search.CONFIRM_SIDE)
            return found[found.boxes[:, 0] < tiled_search.CONFIRM_SIDE] if is_crop else found

    pixels = photo(1600, 1200, face=Box(700, 500, 730, 530))
    assert len(find_faces(SeesGreen(0.6), pixels, reduction=1, scores=SCORES)) == 1
    assert find_faces(SeesTheLeft(0.6), pixels, reduction=1, scores=SCORES) == []


def test_doubtful_face_gets_the_box_that_is_found_in_the_close_look() -> None:
    """The first look sees the box 3 pixels to the right."""

    class SeesItBeside(SeesGreen):
        def _in_picture(self, pixels: Pixels, min_score: float) -> Candidates:
            found = super()._in_picture(pixels, min_score)
            is_crop = pixels.shape[0] == tiled_search.CONFIRM_SIDE
            return found if is_crop else found.moved(3, 0)

    face = Box(700, 500, 730, 530)
    pixels = photo(1600, 1200, face=face)
    expected = the_face(SeesGreen(0.9), pixels)
    assert the_face(SeesItBeside(0.6), pixels).left == pytest.approx(expected.left, abs=1)
    assert the_face(SeesItBeside(0.9), pixels).left == pytest.approx(expected.left + 4, abs=1)


class SeesItFaintly(SeesGreen):
    """Sees a face with one score in the photo and with another one in the crop around it."""

    def __init__(self, first: float, in_crop: float) -> None:
        super().__init__()
        self.first, self.in_crop = first, in_crop

    def _in_picture(self, pixels: Pixels, min_score: float) -> Candidates:
        is_crop = pixels.shape[0] == tiled_search.CONFIRM_SIDE
        self.score = self.in_crop if is_crop else self.first
        return super()._in_picture(pixels, min_score)


@pytest.mark.parametrize(
    ("first", "in_crop", "faces"),
    [(0.3, 0.9, 1), (0.3, 0.8, 0), (0.2, 0.95, 0), (0.5, 0.8, 1)],
    ids=["clear in the crop", "not clear enough", "too faint", "not faint"],
)
def test_faint_face_must_be_clear_in_its_crop(first: float, in_crop: float, faces: int) -> None:
    pixels = photo(1400, 1050, face=Box(700, 500, 730, 530))
    network = SeesItFaintly(first, in_crop)
    assert len(find_faces(network, pixels, reduction=1, scores=SCORES)) == faces


@pytest.mark.parametrize(("side", "faces"), [(32, 1), (34, 0), (200, 0)])
def test_faint_face_must_be_small(side: int, faces: int) -> None:
    pixels = photo(1400, 1050, face=Box(700, 500, 700 + side, 500 + side))
    found = find_faces(SeesItFaintly(0.3, 0.9), pixels, reduction=1, scores=SCORES)
    assert len(found) == faces


def test_small_picture_of_a_turn_is_not_searched_for_faint_faces() -> None:
    pixels = photo(1400, 1050, face=Box(700, 500, 730, 530))
    network = SeesItFaintly(0.3, 0.9)
    assert find_faces(network, pixels, reduction=1, scores=SCORES, max_side=1400) == []
    assert all(shape[1] != tiled_search.CONFIRM_SIDE for shape in network.shapes)


def test_two_candidates_that_are_one_face_in_their_crops_are_one_face() -> None:
    """The first look sees the face twice, 4 pixels above and below it on both sides."""

    class SeesItTwice(SeesItFaintly):
        def _in_picture(self, pixels: Pixels, min_score: float) -> Candidates:
            found = super()._in_picture(pixels, min_score)
            is_crop = pixels.shape[0] == tiled_search.CONFIRM_SIDE
            return found if is_crop else joined([found.moved(-4, -4), found.moved(4, 4)])

    pixels = photo(1400, 1050, face=Box(700, 500, 716, 516))
    assert len(find_faces(SeesItTwice(0.6, 0.9), pixels, reduction=1, scores=SCORES)) == 1


def test_many_doubtful_faces_are_looked_at_in_few_batches() -> None:
    pixels = np.zeros((1200, 1600, 3), dtype=np.uint8)
    for column in range(20):
        pixels[500:530, 50 + 75 * column : 80 + 75 * column, 1] = 255
    network = SeesGreen(0.6)
    assert len(find_faces(network, pixels, reduction=1, scores=SCORES)) == 20
    crops = [shape[0] for shape in network.shapes if shape[1] == tiled_search.CONFIRM_SIDE]
    assert crops == [8, 8, 4]


def test_a_photo_that_was_halved_is_not_halved_again() -> None:
    pixels = photo(2000, 1500, face=Box(1000, 700, 1016, 716))
    whole, half = SeesGreen(sizes=(12, 300)), SeesGreen(sizes=(12, 300))
    assert find_faces(
        whole, photo(4000, 3000, face=Box(2000, 1400, 2032, 1432)), reduction=1, scores=SCORES
    )
    (found,) = find_faces(half, pixels, reduction=2, scores=SCORES)
    assert half.shapes == whole.shapes
    assert found.box.left == pytest.approx(1000, abs=2)


def test_small_photos_are_enlarged_and_large_ones_reduced() -> None:
    sides = (100, 800, 1000, 1152, 1600, 2000, 2500, 2560, 6000)
    assert [search_factor(side) for side in sides] == [
        *(2.0, 1.44, 1.152, 1.0),
        *(0.88, 0.704, 0.5632),
        *(0.5, 0.5),
    ]


@pytest.mark.parametrize("length", [1, 160, 1024, 1025, 1600, 3000, 4333])
def test_tiles_cover_a_side_and_overlap_by_the_largest_face(length: int) -> None:
    cuts = list(tiles(length, 1024))
    assert cuts[0].start == 0
    assert cuts[-1].stop == length
    assert all(cut.stop - cut.start <= 1024 for cut in cuts)
    for cut, following in pairwise(cuts):
        assert (
            cut.stop - following.start >= tiled_search.FINE_LARGEST_FACE + tiled_search.TILE_MARGIN
        )


def test_padding_adds_black_on_the_right_and_below() -> None:
    grown = padded(np.full((33, 64, 3), 9, dtype=np.uint8))
    assert grown.shape == (64, 64, 3)
    assert grown[:33].min() == 9
    assert grown[33:].max() == 0


def test_the_square_lies_between_the_boxs_middle_and_the_points() -> None:
    found = Candidates(
        np.array([[0, 0, 80, 120]], dtype=np.float32),
        np.array([0.9], dtype=np.float32),
        np.full((1, 5, 2), 60, dtype=np.float32),
    )
    ((left, top, right, bottom),) = squares(found)
    assert right - left == bottom - top == 93
    assert (left + right) / 2 == pytest.approx(50, abs=1)
    assert (top + bottom) / 2 == pytest.approx(63, abs=1)
