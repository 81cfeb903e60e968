"""Compute embeddings with SFace.

Source: Y. Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition",
2021; the OpenCV Zoo's `face_recognition_sface_2021dec` (Apache-2.0), a MobileNet. It takes a chip:
a face of 112 by 112 pixels, turned and scaled by five landmarks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dlib
import numpy as np

from picprocure.faces.embedding.landmarks import landmarks_of, shape_of
from picprocure.faces.embedding.network import EmbeddingNetwork
from picprocure.faces.models.cache import sface_model
from picprocure.faces.models.sface_weights import CHIP_SIDE
from picprocure.faces.models.user_cache import user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from picprocure.faces.embedding.embedder import Chips
    from picprocure.faces.embedding.landmarks import Landmarks
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import Pixels

_TEMPLATE: Final = ((79.75, 52.84), (66.01, 53.38), (30.83, 53.14), (44.69, 53.49), (55.50, 79.86))
"""Where dlib's landmarks belong in a chip, x and y in pixels. The network was trained with other
landmarks: the middles of the eyes, the tip of the nose and the corners of the mouth."""

MAX_BATCH: Final = 4
"""Chips that are embedded at a time. Each of 4 takes .92 of the time that it takes alone, and each
of 18 takes .90. The runtime keeps 6 MB for each."""


class SfaceEmbedder:
    """Runs SFace in ONNX Runtime. It reads the weights when the first face comes."""

    name = "sface"

    def __init__(
        self, model: Path, *, cache_folder: Path | None = None, keep_model: bool = True
    ) -> None:
        """Choose the network.

        Args:
            model: The file of `picprocure.faces.models.registry.SFACE`.
            cache_folder: Where the ONNX model is kept, by default in the user's cache folder.
            keep_model: Keep the ONNX model, so that the next process starts faster.
        """
        folder = (cache_folder or user_cache_folder()) if keep_model else None
        self._network = EmbeddingNetwork(partial(sface_model, model, folder), max_batch=MAX_BATCH)

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        return self._network.embed(self.chips(pixels, boxes))

    def embed_reference(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face. Mirrored chips would separate people hardly better."""
        embedding: Embedding = self.embed(pixels, [box])[0]
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        return landmarks_of(pixels, box)

    def chips(self, pixels: Pixels, boxes: Sequence[Box]) -> Chips:
        """Cut out a chip for each box. Parts beyond the picture are black."""
        chips = np.empty((len(boxes), CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
        template = dlib.dpoints([dlib.dpoint(*point) for point in _TEMPLATE])
        size = dlib.chip_dims(CHIP_SIDE, CHIP_SIDE)
        for row, box in enumerate(boxes):
            shape = shape_of(pixels, box)
            points = dlib.dpoints([dlib.dpoint(point) for point in shape.parts()])
            details = dlib.chip_details(template, points, size)
            chips[row] = dlib.extract_image_chip(pixels, details)
        return chips
