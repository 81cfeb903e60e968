"""Find faces of all sizes with a network that knows some sizes, on tiles of the photo.

Both networks were trained on faces of about 10 to 300 pixels. Counted faces were scaled to other
sizes. In one search (at a score of .5; from 300 pixels on, .6), each network found these shares:

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

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

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

MIN_SEARCH_SIDE: Final = 1152
MAX_SEARCH_SIDE: Final = 1408
MAX_ENLARGEMENT: Final = 2.0
MAX_REDUCTION: Final = 0.5
"""Photos whose longer side is between these are searched as they are, smaller ones enlarged, and
larger ones that are too small to be halved are reduced. All 268 counted faces are found. Of 110
faces of 24 to 40 pixels in collages of LFW, these shares were found with YuNet, by the longer side
of the collages and by the largest side of the search. Those of 4,000 pixels are halved:

    ==============================  =====  =====  =====  =====
    largest side                    1,600  2,000  2,500  4,000
    ==============================  =====  =====  =====  =====
    1,152, no faint candidates      .83    .55    .44    .42
    1,152                           .93    .75    .63    .67
    1,280                           .98    .86    .60    .67
    1,408                           .99    .87    .71    .67
    1,600, no faint candidates      .99    .95    .67    .42
    1,600                           .99    .97    .85    .67
    ==============================  =====  =====  =====  =====

In collages of 1,600 pixels, the search takes 1.45 times as long with 1,408 as with 1,152, and 1.7
times with 1,600. With 1,600, one of 48 deliveries of a labeled event was lost, since the box of a
large face was a few pixels off. Reduced by bilinear interpolation instead of nearest neighbors, and
without faint candidates, .02 more were found in collages of 2,000 pixels and .12 more in those of
2,500, but a search took 20 to 26 ms more."""

COARSE_SIDE: Final = 448
COARSE_REDUCTION: Final = 8
"""Longest side of the picture of the coarse search, in pixels, and the largest reduction. The
picture is reduced by whole numbers, which takes hardly any time."""

COARSE_SMALLEST_FACE: Final = 128
FINE_LARGEST_FACE: Final = 160
"""In pixels of the fine search, which finds smaller faces. The coarse search finds larger ones: 128
pixels are at least 16 there, and 256 are two thirds of the photo. Without this limit, the coarse
search took 4 shapes for faces where there are 100."""

MIN_TURN_SIDE: Final = 448
TURN_SHARE: Final = 0.16
"""Longer side of the picture in which it is found out how a photo is turned, in pixels and as a
share of the photo's. Faces are found in it that have 1/45 of that side and 64 pixels of the
original. With 320, faces must be 1/32 as wide. With 640, it takes twice the time."""

TILE_OVERLAP: Final = 192
TILE_MARGIN: Final = 16
"""Tiles limit memory. Each face of the fine search is whole in one of them, with this margin around
it. A candidate that is nearer to an edge is a part of a face. What overlaps is searched twice: of
12 megapixels, tiles of up to 1,024 pixels search 1.38 times as much as one of 2,048."""

CONFIRM_SIDE: Final = 160
CONFIRM_FACES_PER_CROP: Final = 3.0
CONFIRM_TOLERANCE: Final = 15
CONFIRM_MIN_SCORE: Final = 0.05
CONFIRM_BATCH: Final = 8
"""A candidate is searched for again in a crop of 160 pixels around it, and in the mirror image of
that crop. It is 53 pixels wide there, and in the middle, ± 15. What looks like a face at one size
or from one side only is none. Measured with YuNet's mean of the three scores, 24 kinds of spoiled
faces (turned, covered, blurred, dark, squeezed) and 28 shapes in pictures without faces, in crops
of 2.5 faces:

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

FAINT_LARGEST_FACE: Final = 32
"""Small faces often have low scores, but high ones in the crop. So candidates with a low score that
are not larger than this, in pixels of the fine search, are kept if the crop and its mirror image
show a face clearly. With YuNet, 26 candidates with scores from .2 to .5 were faces of 24 to 40
pixels in collages, and all of them had a mean of .85 or more there. Shapes were measured in 17
photos that were laid out on large canvases and in 106 pictures, most of them group photos whose
faces were covered. With YuNet, of 236 shapes with scores from .25 to .5, the best had .80. With
CenterFace, of 88 with scores from .2 to .5, none had .6."""

REFINE_MIN_SCORE: Final = 0.5
"""A candidate with this score in the crop gets the box and the points that were found there, since
a small face has more pixels in it. Of 2,144 counted faces that were made smaller and laid out on 12
megapixels, 1,682 have a box that overlaps with the labeled one by .4, and 1,621 without this. Boxes
that overlap with none by so much fall from 76 to 15. Two candidates may become one face, so
repeats are removed once more: false boxes on 24 megapixels fall from 1.1 to .4 for 100 faces."""

MULTIPLE: Final = 32
"""The networks halve the picture five times."""

MAX_OVERLAP: Final = 0.3
MAX_CONTAINMENT: Final = 0.7
"""Boxes that repeat a face of 10 pixels may overlap by less than .4. On a crowded photo of 12
megapixels there were 5 repeats for 100 faces with .4. With .3 there were 2, and one more face was
lost."""

SQUARE_PER_MEAN_SIDE: Final = 0.93
SQUARE_LOWERED_BY: Final = 0.066
"""Turn a box of these networks into dlib's square. Measured on 383 faces, the side of dlib's square
is .93 ± .07 of the mean side of the box. Its center is .066 of that below the center of the box
(± .07 across), or at the mean of the five points (± .04). The middle between the two is as near to
dlib's square (overlap .84), and also fits turned faces: the lowest overlap with 268 counted ones is
.62, with the points alone .51. Embeddings from such squares are .04 from those from dlib's own
squares (78 faces), and embeddings from the boxes .09."""


Pictures: TypeAlias = "NDArray[np.uint8]"
"""Pictures of one size, RGB (n, height, width, 3), whose sides are multiples of 32."""


class FaceNetwork(Protocol):
    """A network that finds faces of some sizes. Several threads may call it at once."""

    @property
    def tile_side(self) -> int:
        """The longest side of a picture that is searched at once, in pixels."""
        ...

    def candidates(self, pictures: Pictures, min_score: float) -> list[Candidates]:
        """Return all candidates of each picture, with repeats.

        Args:
            pictures: The pictures.
            min_score: Candidates must have a higher score.
        """
        ...


@dataclass(frozen=True, slots=True)
class Scores:
    """How the scores of a network are used.

    Attributes:
        min_faint: Candidates with a lower score are ignored.
        min_candidate: Candidates with a lower score are faint. They are ignored unless they are
            small.
        sure: Candidates from this score on need no confirmation.
        min_mean: Of other candidates, the mean of the three scores must be at least this.
        min_faint_mean: Of faint candidates, the mean of the scores in the crop and in its mirror
            image must be at least this.
    """

    min_faint: float
    min_candidate: float
    sure: float
    min_mean: float
    min_faint_mean: float

    def confirm(self, first: float, again: float, mirrored: float) -> bool:
        """Return whether a candidate is a face, from its three scores."""
        if first < self.min_candidate:
            return (again + mirrored) / 2 >= self.min_faint_mean
        return (first + again + mirrored) / 3 >= self.min_mean


def search_factor(longer_side: float) -> float:
    """Return the factor that resizes a photo for the fine search.

    Args:
        longer_side: The longer side of the original, in pixels.
    """
    if longer_side >= HALVED_FROM_SIDE:
        return MAX_REDUCTION
    side = min(max(longer_side, MIN_SEARCH_SIDE), MAX_SEARCH_SIDE)
    return min(max(side / longer_side, MAX_REDUCTION), MAX_ENLARGEMENT)


def turn_search_side(longer_side: int) -> int:
    """Return the longer side of the picture in which it is found out how a photo is turned.

    Args:
        longer_side: The longer side of the original, in pixels.
    """
    return max(MIN_TURN_SIDE, round(TURN_SHARE * longer_side))


def find_faces(
    network: FaceNetwork,
    pixels: Pixels,
    *,
    reduction: float,
    scores: Scores,
    max_side: int | None = None,
) -> list[Detection]:
    """Return the faces of a picture, the most certain first.

    Args:
        network: Finds candidates.
        pixels: The picture.
        reduction: The side of one of its pixels, in pixels of the original.
        scores: How the scores of the network are used.
        max_side: The longer side of the searched picture, at most.
    """
    longer = max(pixels.shape[:2])
    factor = search_factor(longer * reduction) * reduction
    if max_side:
        factor = min(factor, max_side / longer)
    fine = resized(pixels, factor)
    found = _searched(network, fine, scores.min_candidate if max_side else scores.min_faint)
    is_faint = found.scores < scores.min_candidate
    found = found[~is_faint | (found.longer_sides <= FAINT_LARGEST_FACE)]
    if max(fine.shape[:2]) > COARSE_SIDE:
        coarse = _searched_coarsely(network, fine, scores.min_candidate)
        found = joined(
            [
                found[found.longer_sides <= FINE_LARGEST_FACE],
                coarse[coarse.longer_sides > COARSE_SMALLEST_FACE],
            ]
        )
    found = _without_repeats(found).scaled(1 / factor)
    is_sure = found.scores >= scores.sure
    confirmed = _confirmed(network, pixels, found[~is_sure], scores)
    # Again, since two candidates may have become the same face in their crops.
    return _detections(_without_repeats(joined([found[is_sure], *confirmed])))


def _without_repeats(found: Candidates) -> Candidates:
    return without_repeats(found, max_overlap=MAX_OVERLAP, max_containment=MAX_CONTAINMENT)


def _searched_coarsely(network: FaceNetwork, pixels: Pixels, min_score: float) -> Candidates:
    longer = max(pixels.shape[:2])
    reduction = min(-(-longer // COARSE_SIDE), COARSE_REDUCTION)
    coarse = np.asarray(Image.fromarray(pixels).reduce(reduction))
    (found,) = network.candidates(padded(coarse)[None], min_score)
    return found.scaled(reduction)


def _confirmed(
    network: FaceNetwork, pixels: Pixels, doubtful: Candidates, scores: Scores
) -> Iterator[Candidates]:
    """Yield each candidate that is found again in a crop around it and in the crop's mirror image.

    Both are searched at once, side by side.
    """
    for start in range(0, len(doubtful), CONFIRM_BATCH):
        batch = [doubtful[index : index + 1] for index in range(start, len(doubtful))]
        batch = batch[:CONFIRM_BATCH]
        windows = [_window_around(candidate.boxes[0]) for candidate in batch]
        crops = np.stack([_crop(pixels, window) for window in windows])
        pictures = np.concatenate([crops, crops[:, :, ::-1]], axis=2)
        found = network.candidates(pictures, CONFIRM_MIN_SCORE)
        for candidate, window, seen in zip(batch, windows, found, strict=True):
            again, mirrored = _best_at(seen, 0), _best_at(seen, CONFIRM_SIDE)
            first, second, third = (float(s.scores.sum()) for s in (candidate, again, mirrored))
            if scores.confirm(first, second, third):
                is_clear = second >= REFINE_MIN_SCORE
                yield _refined(candidate, again, window) if is_clear else candidate


def _window_around(box: NDArray[np.float32]) -> Box:
    x, y = (float(middle) for middle in (box[:2] + box[2:]) / 2)
    reach = CONFIRM_FACES_PER_CROP / 2 * float((box[2:] - box[:2]).max())
    return Box(round(x - reach), round(y - reach), round(x + reach), round(y + reach))


def _crop(pixels: Pixels, window: Box) -> Pixels:
    crop = Image.fromarray(_cut_out(pixels, window))
    return np.asarray(
        crop.resize((CONFIRM_SIDE, CONFIRM_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    )


def _best_at(seen: Candidates, left: float) -> Candidates:
    """Return the best candidate in the middle of the crop that starts at `left`, or none."""
    middle = np.array([left + CONFIRM_SIDE / 2, CONFIRM_SIDE / 2], dtype=np.float32)
    offsets = np.abs((seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2 - middle).max(axis=1)
    there = seen[offsets <= CONFIRM_TOLERANCE]
    return there[np.argsort(-there.scores, kind="stable")[:1]]


def _refined(candidate: Candidates, again: Candidates, window: Box) -> Candidates:
    """Return a candidate with the box and the points that were found in the crop."""
    enlargement = window.width / CONFIRM_SIDE
    there = again.scaled(enlargement).moved(window.left, window.top)
    return replace(there, scores=candidate.scores)


def _cut_out(pixels: Pixels, window: Box) -> Pixels:
    """Cut out a window. It is black beyond the edge of the picture."""
    height, width = pixels.shape[:2]
    inside = window.clipped(width, height)
    cut: Pixels = np.zeros((window.height, window.width, 3), dtype=np.uint8)
    rows = slice(inside.top - window.top, inside.bottom - window.top)
    columns = slice(inside.left - window.left, inside.right - window.left)
    cut[rows, columns] = pixels[inside.top : inside.bottom, inside.left : inside.right]
    return cut


def _searched(network: FaceNetwork, pixels: Pixels, min_score: float) -> Candidates:
    """Return the candidates of all tiles, without those that are cut by the edge of a tile."""
    height, width = pixels.shape[:2]
    found = []
    sides = (tiles(length, network.tile_side) for length in (height, width))
    for rows, columns in product(*sides):
        (tile,) = network.candidates(padded(pixels[rows, columns])[None], min_score)
        tile = tile.moved(columns.start, rows.start)
        found.append(tile[_is_whole(tile.boxes, rows, columns, height, width)])
    return joined(found)


def tiles(length: int, longest: int) -> Iterator[slice]:
    """Yield overlapping slices of equal size that cover a side of this length.

    Args:
        length: The length of the side.
        longest: The longest slice.
    """
    count = max(1, -(-(length - TILE_OVERLAP) // (longest - TILE_OVERLAP)))
    size = -(-(length + (count - 1) * TILE_OVERLAP) // count)
    for number in range(count):
        start = round(number * (length - size) / max(1, count - 1))
        yield slice(start, start + size)


def _is_whole(
    boxes: NDArray[np.float32], rows: slice, columns: slice, height: int, width: int
) -> NDArray[np.bool_]:
    """Return which boxes are whole, bool (n,): not cut by an edge where the picture continues."""
    whole: NDArray[np.bool_] = np.ones(len(boxes), dtype=np.bool_)
    for column, start in ((0, columns.start), (1, rows.start)):
        if start > 0:
            whole &= boxes[:, column] > start + TILE_MARGIN
    for column, stop, end in ((2, columns.stop, width), (3, rows.stop, height)):
        if stop < end:
            whole &= boxes[:, column] < stop - TILE_MARGIN
    return whole


def resized(pixels: Pixels, factor: float) -> Pixels:
    """Resize a picture in the fastest way that loses hardly any faces."""
    height, width = pixels.shape[:2]
    if abs(factor - 1) * max(height, width) < 1:
        return pixels
    picture = Image.fromarray(pixels)
    if factor == MAX_REDUCTION:  # exact, and five times as fast
        return np.asarray(picture.reduce(2))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    # Nearest neighbors take a twentieth of the time, and lose no face of 32 pixels unless every
    # second pixel is left out. `MAX_SEARCH_SIDE` has figures for smaller faces.
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
    """Convert the boxes of candidates to the squares that dlib's landmark model expects.

    Returns:
        Left, top, right and bottom in whole pixels, float32 (n, 4).
    """
    starts, ends = candidates.boxes[:, :2], candidates.boxes[:, 2:]
    sides = np.rint(SQUARE_PER_MEAN_SIDE * (ends - starts).mean(axis=1))
    lowered = (starts + ends) / 2 + np.outer(sides, [0, SQUARE_LOWERED_BY])
    centers = (lowered + candidates.points.mean(axis=1)) / 2
    corners = np.rint(centers - sides[:, None] / 2)
    found: NDArray[np.float32] = np.hstack([corners, corners + sides[:, None]])
    return found
