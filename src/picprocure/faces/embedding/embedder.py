"""From a face in a picture to an embedding of 128 numbers, which are close together for one person.

Source: dlib's `face_recognition_model_v1` (D. King, 2017), a residual network of 29 layers that
takes a face of 150 by 150 pixels, turned and scaled by five landmarks: a chip. dlib finds the
landmarks and cuts the chip for both embedders (Pillow's warp gives the same pixels, in more than
twice the time). `OnnxEmbedder` computes the network in ONNX Runtime, `DlibEmbedder` in dlib.
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
"""(n, 150, 150, 3), RGB, each with one face, upright and at the same size."""

MAX_BATCH: Final = 8
"""Chips at a time. Of 1, 2, 4, 8, 16 and 32, this is the fastest for each chip, since the values
between two layers still fit into the processor's caches; 32 takes 6 % longer, 1 takes 30 %."""


class Embedder(Protocol):
    """May be called from several threads at once."""

    @property
    def name(self) -> str:
        """A short name that changes whenever the embeddings would."""
        ...

    def embed(self, pixels: Pixels, boxes: Sequence[Box]) -> Embeddings:
        """Embed each box, float32 (n, 128)."""
        ...

    def embed_augmented(self, pixels: Pixels, box: Box) -> Embedding:
        """Embed one face as the mean over augmented chips, float32 (128,): 10 times slower."""
        ...

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks: ...


class OnnxEmbedder:
    """dlib's landmarks, chips and weights in ONNX Runtime, read from disk at the first face.

    With ``mirror`` an embedding is the mean of the chip's and its mirror image's. This takes twice
    as long and separates people better: of LFW's pairs of one person .71 are nearer than all but
    one in 10,000 pairs of strangers, instead of .65.

    With ``keep_model`` the network is kept as an ONNX model in ``cache_folder`` (by default the
    user's), so that the next process starts quicker.
    """

    def __init__(
        self,
        *,
        mirror: bool = True,
        intra_op_num_threads: int = 1,
        cache_folder: Path | None = None,
        keep_model: bool = True,
    ) -> None:
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
        """Embed one face as the mean over augmented chips."""
        (chip,) = self.chips(pixels, [box])
        embedding: Embedding = self.embed_chips(augmented(chip)).mean(axis=0)
        return embedding

    def landmarks(self, pixels: Pixels, box: Box) -> Landmarks:
        landmarks, _ = self._load()
        return _points(landmarks(pixels, _rectangle(box)))

    def chips(self, pixels: Pixels, boxes: Sequence[Box]) -> Chips:
        """Cut a chip for each box; what lies beyond the picture is black."""
        landmarks, _ = self._load()
        chips = np.empty((len(boxes), CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
        for row, box in enumerate(boxes):
            points = landmarks(pixels, _rectangle(box))
            chips[row] = dlib.get_face_chip(pixels, points, CHIP_SIDE)
        return chips

    def embed_chips(self, chips: Chips) -> Embeddings:
        """Embed each chip; they may come from different pictures."""
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
        # Threads that spin while they wait take the cores from other processes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            resnet_model(folder), options, providers=["CPUExecutionProvider"]
        )


class DlibEmbedder:
    """Five landmarks and dlib's network: slow, and the reference for the other embedder."""

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
    # dlib counts the last column and row in.
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
