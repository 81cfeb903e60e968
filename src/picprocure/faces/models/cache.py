"""The embedder's ONNX model, built once and cached in a folder of the user."""

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
    """Return the content of an ONNX file: uint8 chips (n, 150, 150, 3) to float32 (n, 128).

    It is read from the folder if a whole file is there, otherwise built (in 0.15 s) and stored
    there. Without a folder, or if it can't be used safely, it is built every time.

    Raises ``WeightsMissing`` and ``WeightsDamaged``.
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
    # A cache that can't be written (read-only, full, another's) costs time, nothing else.
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_ours_alone(path.parent):
            write_atomically(path, model)
