"""Build the embedder's ONNX model once, and keep it in a folder of the user."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from picprocure.faces.models import registry
from picprocure.faces.models.dlib_weights import read_resnet
from picprocure.faces.models.onnx_builder import is_whole, sealed
from picprocure.faces.models.resnet_onnx import BUILDER_VERSION, build_model
from picprocure.faces.models.user_cache import is_ours_alone
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def resnet_model(cache_folder: Path | None) -> bytes:
    """Return an ONNX model from uint8 chips (n, 150, 150, 3) to float32 embeddings (n, 128).

    Args:
        cache_folder: If there is a whole model here, it is read. Otherwise it is built, which takes
            0.15 s, and stored here. Without a folder, or if other users could write to it, it is
            built each time.

    Raises:
        WeightsMissing: dlib's network is not installed.
        WeightsDamaged: It is not the network that was published.
    """
    path = registry.resnet_path()
    if cache_folder is None:
        return _built(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    cached = cache_folder / f"dlib-resnet-{digest[:32]}-{BUILDER_VERSION}.onnx"
    model = _read_cached(cached)
    if model is None:
        model = _built(path)
        _store(cached, model)
    return model


def _built(path: Path) -> bytes:
    return sealed(build_model(read_resnet(path)))


def _read_cached(path: Path) -> bytes | None:
    try:
        if not is_ours_alone(path.parent):
            return None
        model = path.read_bytes()
    except OSError:
        return None
    return model if is_whole(model) else None


def _store(path: Path, model: bytes) -> None:
    # If the cache can't be written, only time is lost.
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_ours_alone(path.parent):
            write_atomically(path, model)
