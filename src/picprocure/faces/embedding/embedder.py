"""Compute embeddings of faces: 128 numbers, which are close to each other for one person.

Source: dlib's `face_recognition_model_v1` (D. King, 2017), a residual network of 29 layers. It
takes a chip: a face of 150 by 150 pixels, turned and scaled by five landmarks. For both embedders,
dlib finds the landmarks and cuts the chip. Pillow's warp gives the same pixels, but takes more than
twice as long. `OnnxEmbedder` runs the network in ONNX Runtime, `DlibEmbedder` in dlib.
"""

from __future__ import annotations

import threading
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from picprocure.faces.embedding.augmentation import augmented
from picprocure.faces.models import registry
from picprocure.faces.models.cache import resnet_model
from picprocure.faces.models.dlib_weights import CHIP_SIDE
from picprocure.faces.models.resnet_onnx import CHIPS, EMBEDDINGS
from picprocure.faces.models.user_cache import user_cache_folder
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from picprocure.faces.embedding.pose import Landmarks
    from picprocure.faces.types import Box, Embedding, Embeddings
    from picprocure.imaging.loaded_image import Pixels

Chips: TypeAlias = NDArray[np.uint8]
"""RGB (n, 150, 150, 3). Each chip has one face, upright and at the same size."""

MAX_BATCH: Final = 8
"""Chips that are embedded at a time. Of 1, 2, 4, 8, 16 and 32, this takes the least time for each
chip, since the values between two layers fit into the processor's caches. 32 takes 6 % longer, and
1 takes 30 % longer."""


class Embedder(Protocol):
    """Computes embeddings. Several threads may call it at once."""

    @property
    def name(self) -> str:
        """A short name. It changes with the embeddings."""
        ...

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        """Return an embedding of each box (n, 128)."""
        ...

    def embed_augmented(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face as the mean over augmented chips. This takes 10 times as long."""
        ...

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        """Return the landmarks of one face."""
        ...


class OnnxEmbedder:
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
        self._threads = intra_op_num_threads
        self._cache_folder = cache_folder
        self._keep_model = keep_model
        self._lock = threading.Lock()
        self._loaded: tuple[Any, onnxruntime.InferenceSession] | None = None

    @property
    def name(self) -> str:
        return "5pt-resnet-onnx-mirror" if self._mirror else "5pt-resnet-onnx"

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        return self.embed_chips(self.chips(pixels, boxes))

    def embed_augmented(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face as the mean over augmented chips. This takes 10 times as long."""
        (chip,) = self.chips(pixels, [box])
        embedding: Embedding = self.embed_chips(augmented(chip)).mean(axis=0)
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        landmarks, _ = self._load()
        return _points(landmarks(pixels, _rectangle(box)))

    def chips(self, pixels: Pixels, boxes: Sequence[Box]) -> Chips:
        """Cut out a chip for each box. Parts beyond the picture are black."""
        landmarks, _ = self._load()
        chips = np.empty((len(boxes), CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
        for row, box in enumerate(boxes):
            points = landmarks(pixels, _rectangle(box))
            chips[row] = dlib.get_face_chip(pixels, points, CHIP_SIDE)
        return chips

    def embed_chips(self, chips: Chips) -> Embeddings:
        """Return an embedding of each chip (n, 128)."""
        if not self._mirror:
            return self._run(chips)
        both = self._run(np.concatenate([chips, chips[:, :, ::-1]]))
        return (both[: len(chips)] + both[len(chips) :]) / np.float32(2)

    def _run(self, chips: Chips) -> Embeddings:
        if len(chips) == 0:
            return np.empty((0, EMBEDDING_SIZE), dtype=np.float32)
        _, session = self._load()
        batches = np.array_split(chips, ceil(len(chips) / MAX_BATCH))
        return np.concatenate([session.run([EMBEDDINGS], {CHIPS: batch})[0] for batch in batches])

    def _load(self) -> tuple[Any, onnxruntime.InferenceSession]:
        with self._lock:
            if self._loaded is None:
                landmarks = dlib.shape_predictor(str(registry.landmarks_path()))
                self._loaded = landmarks, self._new_session()
            return self._loaded

    def _new_session(self) -> onnxruntime.InferenceSession:
        folder = (self._cache_folder or user_cache_folder()) if self._keep_model else None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take processor time from other processes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            resnet_model(folder), options, providers=["CPUExecutionProvider"]
        )


class DlibEmbedder:
    """Runs dlib's network in dlib. It is slow, and the reference for `OnnxEmbedder`."""

    name = "5pt-resnet"

    def __init__(self) -> None:
        # The network writes into its own layers while it runs. A lock for one copy takes no time,
        # since dlib holds the interpreter during the call.
        self._lock = threading.Lock()
        self._landmarks: Any = None
        self._network: Any = None

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        embeddings = np.empty((len(boxes), EMBEDDING_SIZE), dtype=np.float32)
        for row, box in enumerate(boxes):
            embeddings[row] = self._embed_one(pixels, box)
        return embeddings

    def embed_augmented(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face, without augmentation."""
        embedding: Embedding = self.embed(pixels, [box])[0]
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        with self._lock:
            self._load()
            return _points(self._landmarks(pixels, _rectangle(box)))

    def _embed_one(self, pixels: Pixels, box: Box) -> Any:
        with self._lock:
            self._load()
            points = self._landmarks(pixels, _rectangle(box))
            return self._network.compute_face_descriptor(pixels, points)

    def _load(self) -> None:
        if self._network is None:
            self._landmarks = dlib.shape_predictor(str(registry.landmarks_path()))
            self._network = dlib.face_recognition_model_v1(str(registry.resnet_path()))


def _points(shape: Any) -> Landmarks:
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)


def _rectangle(box: Box) -> dlib.rectangle:
    # dlib's rectangles include the last column and row.
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
