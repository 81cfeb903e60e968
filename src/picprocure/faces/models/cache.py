"""Build the ONNX models of embedders once, and keep them in a folder of the user."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from picprocure.faces.models import registry, resnet_onnx, sface_onnx
from picprocure.faces.models.dlib_weights import read_resnet
from picprocure.faces.models.onnx_builder import is_whole, sealed
from picprocure.faces.models.sface_weights import read_sface
from picprocure.faces.models.user_cache import is_ours_alone
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def resnet_model(cache_folder: Path | None) -> bytes:
    """Return dlib's network, from uint8 chips (n, 150, 150, 3) to float32 embeddings (n, 128).

    Building it takes 0.15 s.

    Args:
        cache_folder: See `_cached`.

    Raises:
        WeightsMissing: dlib's network is not installed.
        WeightsDamaged: It is not the network that was published.
    """
    name = f"dlib-resnet-{resnet_onnx.BUILDER_VERSION}"
    return _cached(
        cache_folder,
        name,
        registry.resnet_path(),
        lambda path: resnet_onnx.build_model(read_resnet(path)),
    )


def sface_model(path: Path, cache_folder: Path | None) -> bytes:
    """Return SFace, from uint8 chips (n, 112, 112, 3) to float32 embeddings (n, 128).

    Building it takes less than a second.

    Args:
        path: The published file.
        cache_folder: See `_cached`.

    Raises:
        UnusableModel: The file is not the published one.
    """
    name = f"sface-{sface_onnx.BUILDER_VERSION}"
    return _cached(cache_folder, name, path, lambda path: sface_onnx.build_model(read_sface(path)))


def _cached(folder: Path | None, name: str, source: Path, build: Callable[[Path], bytes]) -> bytes:
    """Return a model that was built from a file.

    Args:
        folder: If there is a whole model here, it is read. Otherwise it is built and stored here.
            Without a folder, or if other users could write to it, it is built each time.
        name: Of the model. It changes with the model that is built from the same file.
        source: The file.
        build: Returns the model.
    """
    if folder is None:
        return build(source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    cached = folder / f"{name}-{digest[:32]}.onnx"
    model = _read_cached(cached)
    if model is None:
        model = sealed(build(source))
        _store(cached, model)
    return model


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
