"""Compute embeddings with dlib's network.

Source: dlib's `face_recognition_model_v1` (D. King, 2017), a residual network of 29 layers. It
takes a chip: a face of 150 by 150 pixels, turned and scaled by five landmarks. For both embedders,
dlib finds the landmarks and cuts the chip. Pillow's warp gives the same pixels, but takes more than
twice as long. `ResnetEmbedder` runs the network in ONNX Runtime, `DlibEmbedder` in dlib.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import dlib
import numpy as np

from picprocure.faces.embedding.augmentation import augmented
from picprocure.faces.embedding.landmarks import landmarks_of, shape_of
from picprocure.faces.embedding.network import EmbeddingNetwork
from picprocure.faces.models import registry
from picprocure.faces.models.cache import resnet_model
from picprocure.faces.models.dlib_weights import CHIP_SIDE
from picprocure.faces.models.user_cache import user_cache_folder
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from picprocure.faces.embedding.embedder import Chips
    from picprocure.faces.embedding.landmarks import Landmarks
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import Pixels

MAX_BATCH: Final = 8
"""Chips that are embedded at a time. Of 1, 2, 4, 8, 16 and 32, this takes the least time for each
chip, since the values between two layers fit into the processor's caches. 32 takes 6 % longer, and
1 takes 30 % longer."""


class ResnetEmbedder:
    """Runs dlib's network in ONNX Runtime. It reads the weights when the first face comes."""

    def __init__(
        self,
        *,
        mirror: bool = True,
        intra_op_num_threads: int = 1,
        cache_folder: Path | None = None,
        keep_model: bool = True,
    ) -> None:
        """Choose how faces are embedded.

        Args:
            mirror: Use the mean of the embeddings of the chip and of its mirror image. This takes
                twice as long, and separates people better: .71 of LFW's pairs of one person are
                nearer than all but one in 10,000 pairs of strangers, instead of .65.
            intra_op_num_threads: Threads that compute one embedding.
            cache_folder: Where the ONNX model is kept, by default in the user's cache folder.
            keep_model: Keep the ONNX model, so that the next process starts faster.
        """
        self._mirror = mirror
        folder = (cache_folder or user_cache_folder()) if keep_model else None
        self._network = EmbeddingNetwork(
            partial(resnet_model, folder),
            max_batch=MAX_BATCH,
            intra_op_num_threads=intra_op_num_threads,
        )

    @property
    def name(self) -> str:
        return "dlib" if self._mirror else "dlib.plain"

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        return self.embed_chips(self.chips(pixels, boxes))

    def embed_reference(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face as the mean over augmented chips. This takes 10 times as long."""
        (chip,) = self.chips(pixels, [box])
        embedding: Embedding = self.embed_chips(augmented(chip)).mean(axis=0)
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        return landmarks_of(pixels, box)

    def chips(self, pixels: Pixels, boxes: Sequence[Box]) -> Chips:
        """Cut out a chip for each box. Parts beyond the picture are black."""
        chips = np.empty((len(boxes), CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
        for row, box in enumerate(boxes):
            chips[row] = dlib.get_face_chip(pixels, shape_of(pixels, box), CHIP_SIDE)
        return chips

    def embed_chips(self, chips: Chips) -> Embeddings:
        """Return an embedding of each chip (n, 128)."""
        if not self._mirror:
            return self._network.embed(chips)
        both = self._network.embed(np.concatenate([chips, chips[:, :, ::-1]]))
        return (both[: len(chips)] + both[len(chips) :]) / np.float32(2)


class DlibEmbedder:
    """Runs dlib's network in dlib. It is slow, and the reference for `ResnetEmbedder`."""

    name = "dlib.reference"

    def __init__(self) -> None:
        # The network writes into its own layers while it runs. A lock for one copy takes no time,
        # since dlib holds the interpreter during the call.
        self._lock = threading.Lock()
        self._network: Any = None

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        embeddings = np.empty((len(boxes), EMBEDDING_SIZE), dtype=np.float32)
        for row, box in enumerate(boxes):
            embeddings[row] = self._embed_one(pixels, box)
        return embeddings

    def embed_reference(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face, without augmentation."""
        embedding: Embedding = self.embed(pixels, [box])[0]
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        return landmarks_of(pixels, box)

    def _embed_one(self, pixels: Pixels, box: Box) -> Any:
        with self._lock:
            if self._network is None:
                self._network = dlib.face_recognition_model_v1(str(registry.resnet_path()))
            return self._network.compute_face_descriptor(pixels, shape_of(pixels, box))
