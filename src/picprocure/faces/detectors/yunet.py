"""Find faces with YuNet, a network of 76,000 parameters.

Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023; the file
`face_detection_yunet_2023mar.onnx` of the OpenCV Zoo (MIT).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.detectors.boxes import Candidates, joined
from picprocure.faces.detectors.onnx_model import OnnxModel
from picprocure.faces.detectors.tiled_search import Scores, find_faces, turn_search_side
from picprocure.faces.models import yunet_onnx
from picprocure.faces.models.yunet_onnx import STRIDES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from picprocure.faces.detectors.base import Detection
    from picprocure.faces.detectors.tiled_search import Pictures
    from picprocure.imaging.loaded_image import Pixels

SCORES: Final = Scores(
    min_faint=0.25, min_candidate=0.5, sure=0.9, min_mean=0.55, min_faint_mean=0.85
)
"""Measured in `tiled_search`. A dog's muzzle scores .87 at first, and half of the faces .91."""

UPRIGHT_SCORE: Final = 0.92
TURNED_SCORE: Final = 0.9
WEAK_SCORE: Final = 0.6
"""The best face of 86 of 92 photos of people had at least .92, and of 91 at least .9. When they
were turned by 90, 180 or 270 degrees, it had at most .911. A dog's muzzle has .889 in one turn. Of
faces that are upside down, .6 are found, and their five points are those of an upright face. So
only the score tells how a photo is turned."""


class YunetDetector:
    """Finds faces with this network."""

    name = "yunet"
    upright_score = UPRIGHT_SCORE
    turned_score = TURNED_SCORE
    weak_score = WEAK_SCORE
    turn_search_side = staticmethod(turn_search_side)

    def __init__(self, model: Path) -> None:
        """Load the network.

        Raises:
            UnusableModel: The file is not this network.
        """
        self._network = YunetNetwork(model)

    def find(
        self, pixels: Pixels, *, reduction: float = 1.0, max_side: int | None = None
    ) -> list[Detection]:
        return find_faces(
            self._network, pixels, reduction=reduction, max_side=max_side, scores=SCORES
        )


class YunetNetwork:
    tile_side = 2048

    def __init__(self, model: Path) -> None:
        self._model = OnnxModel(model, input_name=yunet_onnx.PICTURES, adapt=yunet_onnx.build_model)

    def candidates(self, pictures: Pictures, min_score: float) -> list[Candidates]:
        return decoded(self._model.run(pictures), min_score)


def decoded(maps: dict[str, NDArray[np.float32]], min_score: float) -> list[Candidates]:
    """Decode the candidates of each picture from the network's maps.

    Args:
        maps: For each stride, a map (n, 16, rows, columns), as `yunet_onnx.build_model` describes
            it. The score is the geometric mean of class and object. A box has the offset of its
            center from the cell and the logarithms of width and height, and each point has its
            offset from the cell. All are in strides.
        min_score: Candidates must have a higher score.
    """
    parts = [_decoded_stride(maps[str(stride)], stride, min_score) for stride in STRIDES]
    found = joined([candidates for candidates, _ in parts])
    pictures = np.concatenate([numbers for _, numbers in parts])
    return [found[pictures == number] for number in range(len(maps[str(STRIDES[0])]))]


def _decoded_stride(
    values: NDArray[np.float32], stride: int, min_score: float
) -> tuple[Candidates, NDArray[np.intp]]:
    """Return the candidates of all pictures, and the number of each one's picture."""
    # The product of two probabilities is not above either of them.
    least = min_score**2
    is_likely = values[:, :2].min(axis=1) > math.log(least / (1 - least))
    cells = np.argwhere(is_likely)
    chosen = values.transpose(0, 2, 3, 1)[is_likely]
    scores = np.sqrt((1 / (1 + np.exp(-chosen[:, :2]))).prod(axis=1))
    is_certain = scores > min_score
    cells, chosen, scores = cells[is_certain], chosen[is_certain], scores[is_certain]
    corner = cells[:, 2:0:-1].astype(np.float32)
    center, half = corner + chosen[:, 2:4], np.exp(chosen[:, 4:6]) / 2
    points = corner[:, None] + chosen[:, 6:].reshape(-1, 5, 2)
    found = Candidates(np.hstack([center - half, center + half]), scores, points)
    return found.scaled(stride), cells[:, 0]
