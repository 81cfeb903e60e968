"""From a face in a picture to 128 numbers that lie close together for one person.

Source: dlib's `face_recognition_model_v1` (D. King, 2017), a residual network of 29 layers that
takes a face of 150 by 150 pixels, turned and scaled by five landmarks.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

import dlib
import numpy as np

from picprocure.faces import weights
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from picprocure.faces.types import Box, Embeddings, Pixels


class Embedder(Protocol):
    """May be called from several threads at once."""

    @property
    def name(self) -> str:
        """Short, and another one whenever the numbers would be others."""
        ...

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        """One row for each box, float32 (n, 128)."""
        ...


class DlibEmbedder:
    """Five landmarks and dlib's network, read from disk at the first face."""

    name = "5pt-resnet"

    def __init__(self) -> None:
        # The network writes into its own layers while it computes. One copy behind a lock costs
        # no speed: dlib holds the interpreter during the call anyway.
        self._lock = threading.Lock()
        self._landmarks: Any = None
        self._network: Any = None

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        embeddings = np.empty((len(boxes), EMBEDDING_SIZE), dtype=np.float32)
        for row, box in enumerate(boxes):
            embeddings[row] = self._embed_one(pixels, box)
        return embeddings

    def _embed_one(self, pixels: Pixels, box: Box) -> Any:
        with self._lock:
            self._load()
            points = self._landmarks(pixels, _rectangle(box))
            return self._network.compute_face_descriptor(pixels, points)

    def _load(self) -> None:
        if self._network is None:
            self._landmarks = dlib.shape_predictor(str(weights.landmarks_path()))
            self._network = dlib.face_recognition_model_v1(str(weights.resnet_path()))


def _rectangle(box: Box) -> dlib.rectangle:
    # dlib counts the last column and row in.
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
