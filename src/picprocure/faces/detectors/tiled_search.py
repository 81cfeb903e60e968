"""Find faces of all sizes with a network that knows some sizes, on tiles of the photo.

Both networks were trained on faces of about 10 to 300 pixels. Of counted faces, scaled to other
sizes, each found in one search (at a score of .5; from 300 pixels on, .6) as many as:

    ==================  =====  ==========
    face width, pixels  yunet  centerface
    ==================  =====  ==========
    8 to 10             .91    .24
    10 to 12            .98    .50
    12 to 14            1.0    .86
    14 to 16            1.0    .98
    16 to 256           1.0    1.0
    300                 .95
    400                 .93
    600                 .56
    800 and more        .0
    ==================  =====  ==========

So every photo is searched twice: in tiles at full size for small faces, and reduced for large ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from PIL import Image

from picprocure.faces.detectors.base import Detection
from picprocure.faces.detectors.boxes import Candidates, joined, without_repeats
from picprocure.faces.types import Box
from picprocure.imaging.loading import HALVED_FROM_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.imaging.loaded_image import Pixels

SEARCH_SIDE: Final = 1152
MAX_ENLARGEMENT: Final = 2.0
MAX_REDUCTION: Final = 0.5
"""Photos too small to be halved are searched at this side; small ones are enlarged.
All 268 counted faces are found, laid out on canvases of 1,600 and 2,048 pixels .996 and .992 of
them and all that have 32 pixels. With 1280 that was 1.0 and .996, and took 1.5 times as long."""

COARSE_SIDE: Final = 448
COARSE_REDUCTION: Final = 8
"""Maximum of the coarse search's longer side, in pixels; for large photos, a part of the fine
one's. The picture is reduced by whole numbers, which takes hardly any time."""

COARSE_SMALLEST_FACE: Final = 128
FINE_LARGEST_FACE: Final = 160
"""Pixels of the fine search. It finds smaller faces, and the coarse search larger ones: 128 pixels
are at least 16 there, and 256 are two thirds of the photo. Without this limit, the coarse search
took 4 shapes for faces where there are 100."""

TILE_SIDE: Final = 1024
TILE_OVERLAP: Final = 192
TILE_MARGIN: Final = 16
"""Tiles limit memory and fit into caches. Every face of the fine search is in one of them with this
margin all around. What is nearer to an edge is a face cut in two."""

CONFIRM_SIDE: Final = 160
CONFIRM_FACES_PER_CROP: Final = 3.0
CONFIRM_TOLERANCE: Final = 15
CONFIRM_MIN_SCORE: Final = 0.05
"""A candidate is confirmed in a crop of 160 pixels around it, in which it is 53 pixels wide (and in
the middle, ± 15), and in that crop's mirror image. What looks like a face at one size or from one
side only is none. YuNet's mean of the three scores, 24 kinds of spoiled faces (turned, covered,
blurred, dark, squeezed) and 28 shapes in pictures without faces, in crops of 2.5 faces:

    ======================================  ==========  ============
    kept                                    faces kept  shapes kept
    ======================================  ==========  ============
    .85 at first, or .5 in the crop         .877        19
    mean of crop and mirror image .5        .879        12
    mean of all three .55                   .885        10
    mean of all three .60                   .869        7
    ======================================  ==========  ============

In crops of 3 faces, which show more of the surroundings, the lowest mean of 268 counted faces is
.60, and a dog's muzzle that has .87 at first gets .37 (.80 in crops of 2.5 faces)."""

MULTIPLE: Final = 32
"""The networks halve the picture five times."""

MAX_OVERLAP: Final = 0.3
MAX_CONTAINMENT: Final = 0.7
"""Of faces of 10 pixels, boxes repeat each other by less than .4: with .4, 5 repeats came to 100
faces on a crowded photo of 12 megapixels, with .3 there were 2, and one face more was lost."""

SQUARE_PER_MEAN_SIDE: Final = 0.93
SQUARE_LOWERED_BY: Final = 0.066
"""dlib's square from a box of these networks, measured on 383 faces: .93 ± .07 of the mean of the
box's sides, its center .066 of that lower than the box's (± .07 across) or at the mean of the five
points (± .04). Halfway between the two is as near to dlib's square (overlap .84) and stays on
turned faces (lowest overlap with 268 counted ones .62; with the points alone .51). From such
squares embeddings are .04 from those of dlib's own (78 faces), from the boxes as they are .09."""


class FaceNetwork(Protocol):
    """May be called from several threads at once."""

    def candidates(self, pixels: Pixels, min_score: float) -> Candidates:
        """Return all candidates above that score, with repeats; both sides are multiples of 32."""
        ...


@dataclass(frozen=True, slots=True)
class Scores:
    """How a network's scores are used.

    Candidates below ``min_candidate`` are ignored, and those from ``sure`` on need no confirmation.
    Between them, the mean of the three scores must be at least ``min_mean``.
    """

    min_candidate: float
    sure: float
    min_mean: float


def search_factor(longer_side: float) -> float:
    """Return the factor that resizes a photo for the fine search; side in the original's pixels."""
    if longer_side >= HALVED_FROM_SIDE:
        return MAX_REDUCTION
    return min(max(SEARCH_SIDE / longer_side, MAX_REDUCTION), MAX_ENLARGEMENT)


def find_faces(
    network: FaceNetwork, pixels: Pixels, *, reduction: float, scores: Scores
) -> list[Detection]:
    """Return the faces of a picture, the most certain first.

    Args:
        reduction: the side of a pixel, in pixels of the original.
    """
    factor = search_factor(max(pixels.shape[:2]) * reduction) * reduction
    fine = resized(pixels, factor)
    found = _searched(network, fine, scores.min_candidate)
    if max(fine.shape[:2]) > COARSE_SIDE:
        coarse = _searched_coarsely(network, fine, scores.min_candidate)
        found = joined(
            [
                found[found.longer_sides <= FINE_LARGEST_FACE],
                coarse[coarse.longer_sides > COARSE_SMALLEST_FACE],
            ]
        )
    kept = without_repeats(found, max_overlap=MAX_OVERLAP, max_containment=MAX_CONTAINMENT)
    found = kept.scaled(1 / factor)
    confirmed = [
        score >= scores.sure
        or (score + sum(_confirmation_scores(network, pixels, box))) / 3 >= scores.min_mean
        for score, box in zip(found.scores, found.boxes, strict=True)
    ]
    return _detections(found[np.array(confirmed, dtype=np.bool_)])


def _searched_coarsely(network: FaceNetwork, pixels: Pixels, min_score: float) -> Candidates:
    longer = max(pixels.shape[:2])
    reduction = min(-(-longer // COARSE_SIDE), COARSE_REDUCTION)
    coarse = np.asarray(Image.fromarray(pixels).reduce(reduction))
    return network.candidates(padded(coarse), min_score).scaled(reduction)


def _confirmation_scores(
    network: FaceNetwork, pixels: Pixels, box: NDArray[np.float32]
) -> tuple[float, float]:
    """Return the scores in the crop and in its mirror image, which are searched side by side."""
    x, y = (float(middle) for middle in (box[:2] + box[2:]) / 2)
    reach = CONFIRM_FACES_PER_CROP / 2 * float((box[2:] - box[:2]).max())
    window = Box(round(x - reach), round(y - reach), round(x + reach), round(y + reach))
    crop = Image.fromarray(_cut_out(pixels, window))
    resized_crop = np.asarray(
        crop.resize((CONFIRM_SIDE, CONFIRM_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
    seen = network.candidates(np.hstack([resized_crop, resized_crop[:, ::-1]]), CONFIRM_MIN_SCORE)
    middle = CONFIRM_SIDE / 2
    return _score_at(seen, middle, middle), _score_at(seen, CONFIRM_SIDE + middle, middle)


def _score_at(seen: Candidates, x: float, y: float) -> float:
    centers = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2
    offsets = np.abs(centers - np.array([x, y], dtype=np.float32)).max(axis=1)
    return float(seen.scores[offsets <= CONFIRM_TOLERANCE].max(initial=0))


def _cut_out(pixels: Pixels, window: Box) -> Pixels:
    """Cut out a window; it is black beyond the picture's edge."""
    height, width = pixels.shape[:2]
    inside = window.clipped(width, height)
    cut: Pixels = np.zeros((window.height, window.width, 3), dtype=np.uint8)
    rows = slice(inside.top - window.top, inside.bottom - window.top)
    columns = slice(inside.left - window.left, inside.right - window.left)
    cut[rows, columns] = pixels[inside.top : inside.bottom, inside.left : inside.right]
    return cut


def _searched(network: FaceNetwork, pixels: Pixels, min_score: float) -> Candidates:
    """Return the candidates of all tiles, without those that a tile's edge cuts."""
    height, width = pixels.shape[:2]
    found = []
    for rows, columns in product(tiles(height), tiles(width)):
        tile = network.candidates(padded(pixels[rows, columns]), min_score)
        tile = tile.moved(columns.start, rows.start)
        found.append(tile[_is_whole(tile.boxes, rows, columns, height, width)])
    return joined(found)


def tiles(length: int) -> Iterator[slice]:
    """Yield overlapping pieces of one size that cover a side of this length."""
    count = max(1, -(-(length - TILE_OVERLAP) // (TILE_SIDE - TILE_OVERLAP)))
    size = -(-(length + (count - 1) * TILE_OVERLAP) // count)
    for number in range(count):
        start = round(number * (length - size) / max(1, count - 1))
        yield slice(start, start + size)


def _is_whole(
    boxes: NDArray[np.float32], rows: slice, columns: slice, height: int, width: int
) -> NDArray[np.bool_]:
    """Return which boxes are not cut by an edge at which the picture continues, bool (n,)."""
    whole: NDArray[np.bool_] = np.ones(len(boxes), dtype=np.bool_)
    for column, start in ((0, columns.start), (1, rows.start)):
        if start > 0:
            whole &= boxes[:, column] > start + TILE_MARGIN
    for column, stop, end in ((2, columns.stop, width), (3, rows.stop, height)):
        if stop < end:
            whole &= boxes[:, column] < stop - TILE_MARGIN
    return whole


def resized(pixels: Pixels, factor: float) -> Pixels:
    """Resize in the fastest way that loses no faces."""
    height, width = pixels.shape[:2]
    if abs(factor - 1) * max(height, width) < 1:
        return pixels
    picture = Image.fromarray(pixels)
    if factor == MAX_REDUCTION:  # exact, and five times as fast
        return np.asarray(picture.reduce(2))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    # Next neighbors cost a twentieth and, where not a pixel in two is left out, no face.
    is_near = MAX_REDUCTION < factor < 1
    filter_ = Image.Resampling.NEAREST if is_near else Image.Resampling.BILINEAR
    return np.asarray(picture.resize(size, filter_, reducing_gap=2.0))


def padded(pixels: Pixels) -> Pixels:
    """Add black on the right and at the bottom, up to multiples of 32."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0)))


def _detections(candidates: Candidates) -> list[Detection]:
    return [
        Detection(
            Box(*(int(corner) for corner in square)),
            float(score),
            tuple((float(x), float(y)) for x, y in points),
        )
        for square, score, points in zip(
            squares(candidates), candidates.scores, candidates.points, strict=True
        )
    ]


def squares(candidates: Candidates) -> NDArray[np.float32]:
    """Return squares as dlib's landmark model expects.

    They are left, top, right, bottom in whole pixels, (n, 4).
    """
    starts, ends = candidates.boxes[:, :2], candidates.boxes[:, 2:]
    sides = np.rint(SQUARE_PER_MEAN_SIDE * (ends - starts).mean(axis=1))
    lowered = (starts + ends) / 2 + np.outer(sides, [0, SQUARE_LOWERED_BY])
    centers = (lowered + candidates.points.mean(axis=1)) / 2
    corners = np.rint(centers - sides[:, None] / 2)
    found: NDArray[np.float32] = np.hstack([corners, corners + sides[:, None]])
    return found
