"""Run the network of an embedder in ONNX Runtime."""

from __future__ import annotations

import threading
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from picprocure.faces.embedding.embedder import Chips
    from picprocure.faces.types import Embeddings


class EmbeddingNetwork:
    """A network that is loaded when the first chip comes. Several threads may call it at once."""

    def __init__(
        self, read_model: Callable[[], bytes], *, max_batch: int, intra_op_num_threads: int = 1
    ) -> None:
        """Choose the network.

        Args:
            read_model: Returns the ONNX model, with one input and one output. It is called once.
            max_batch: Chips that are embedded at a time.
            intra_op_num_threads: Threads that compute one embedding.
        """
        self._read_model = read_model
        self._max_batch = max_batch
        self._threads = intra_op_num_threads
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def embed(self, chips: Chips) -> Embeddings:
        """Return an embedding of each chip (n, 128)."""
        if len(chips) == 0:
            return np.empty((0, EMBEDDING_SIZE), dtype=np.float32)
        session = self._load()
        name = session.get_inputs()[0].name
        batches = np.array_split(chips, ceil(len(chips) / self._max_batch))
        return np.concatenate([session.run(None, {name: batch})[0] for batch in batches])

    def _load(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = self._new_session()
            return self._session

    def _new_session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take processor time from other processes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            self._read_model(), options, providers=["CPUExecutionProvider"]
        )
