"""Find faces with YuNet, a network of 76,000 parameters.

Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023; the file
`face_detection_yunet_2023mar.onnx` of the OpenCV Zoo (MIT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.detectors.boxes import Candidates, joined
from picprocure.faces.detectors.onnx_model import OnnxModel
from picprocure.faces.detectors.tiled_search import Scores, find_faces, turn_search_side

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from picprocure.faces.detectors.base import Detection
    from picprocure.imaging.loaded_image import Pixels

SCORES: Final = Scores(min_candidate=0.5, sure=0.9, min_mean=0.55)
"""Measured in `tiled_search`. A dog's muzzle scores .87 at first, and half of the faces .91."""

UPRIGHT_SCORE: Final = 0.92
TURNED_SCORE: Final = 0.9
WEAK_SCORE: Final = 0.6
"""The best face of 86 of 92 photos of people had at least .92, and of 91 at least .9. When they
were turned by 90, 180 or 270 degrees, it had at most .911. A dog's muzzle has .889 in one turn. Of
faces that are upside down, .6 are found, and their five points are those of an upright face. So
only the score tells how a photo is turned."""

STRIDES: Final = (8, 16, 32)


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
    def __init__(self, model: Path) -> None:
        self._model = OnnxModel(model, input_name="input")

    def candidates(self, pixels: Pixels, min_score: float) -> Candidates:
        blue_first = pixels[:, :, ::-1].transpose(2, 0, 1)[None]
        outputs = self._model.run(np.ascontiguousarray(blue_first, dtype=np.float32))
        return decoded(outputs, pixels.shape[1], min_score)


def decoded(outputs: dict[str, NDArray[np.float32]], width: int, min_score: float) -> Candidates:
    """Decode the candidates from the network's outputs.

    Args:
        outputs: For each stride, four arrays with the cells of the grid row after row. `cls` and
            `obj` are (1, cells, 1), and their geometric mean is the score. `bbox` (1, cells, 4) has
            the offset of the center from the cell and the logarithms of width and height. `kps`
            (1, cells, 10) has the offsets of five points from the cell. All are in strides.
        width: The width of the picture, in pixels.
        min_score: Candidates must have a higher score.
    """
    return joined([_decoded_stride(outputs, stride, width, min_score) for stride in STRIDES])


def _decoded_stride(
    outputs: dict[str, NDArray[np.float32]], stride: int, width: int, min_score: float
) -> Candidates:
    product = outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0]
    scores = np.sqrt(np.clip(product, 0, 1))
    chosen = np.flatnonzero(scores > min_score)
    rows, columns = np.divmod(chosen, width // stride)
    cells = np.stack([columns, rows], axis=1).astype(np.float32)
    boxes = outputs[f"bbox_{stride}"][0, chosen]
    centers, halves = cells + boxes[:, :2], np.exp(boxes[:, 2:]) / 2
    points = cells[:, None, :] + outputs[f"kps_{stride}"][0, chosen].reshape(-1, 5, 2)
    found = Candidates(np.hstack([centers - halves, centers + halves]), scores[chosen], points)
    return found.scaled(stride)
