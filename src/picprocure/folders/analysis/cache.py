"""What was found in photos, kept from one run to the next.

An entry belongs to a content (its SHA-256) and an engine: a photo may move and be renamed. It
holds embeddings, which are biometric data, so the folder is its owner's alone.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.models.user_cache import is_ours_alone, user_cache_folder
from picprocure.faces.types import EMBEDDING_SIZE, Box, FoundFace
from picprocure.folders.analysis.types import Analysis
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from picprocure.folders.analysis.types import Kind

FOLDER: Final = "analyses"

FORMAT: Final = 1
"""Another one whenever an entry is written otherwise or photos are decoded otherwise."""

_FACE: Final = np.dtype(
    [("box", "<i4", (4,)), ("score", "<f8"), ("embedding", "<f4", (EMBEDDING_SIZE,))]
)
_CHECKSUM_BYTES: Final = 32


class AnalysisCache:
    """``folder`` None keeps nothing. ``problem`` says why there is none though one was wanted."""

    def __init__(self, folder: Path | None, problem: str | None = None) -> None:
        self._folder = folder
        self.problem = problem

    @classmethod
    def of_user(cls, engine_version: str) -> AnalysisCache:
        """The user's own, or one that keeps nothing where that would not be safe."""
        root = user_cache_folder()
        if root is None:
            return cls(None, "There is no home folder to cache results in.")
        folder = root / FOLDER / _file_name(f"{engine_version}-{FORMAT}")
        try:
            for place in (root, root / FOLDER, folder):
                _make_private(place)
        except OSError as error:
            return cls(None, f"Results are not cached: {error.filename}: {error.strerror}.")
        except _Unsafe as problem:
            return cls(None, str(problem))
        return cls(folder)

    def get(self, kind: Kind, digest: str) -> Analysis | None:
        """What was put, or None when there is nothing or it was damaged."""
        if self._folder is None:
            return None
        try:
            entry = _place(self._folder, kind, digest).read_bytes()
            return _decoded(entry, _key(kind, digest))
        except (OSError, ValueError):
            return None

    def put(self, kind: Kind, digest: str, analysis: Analysis) -> None:
        """Errors are not kept: the next run tries again."""
        if self._folder is None or analysis.error is not None:
            return
        place = _place(self._folder, kind, digest)
        # A cache that can't be written (read-only, full) costs time, nothing else.
        with contextlib.suppress(OSError):
            place.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(place, _encoded(analysis, _key(kind, digest)))


class _Unsafe(Exception):
    pass


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_ours_alone(folder):
        raise _Unsafe(
            f"Results are not cached, because other users can change files in {folder}. "
            f"Run `chmod 700 {folder}` to make it private."
        )
    folder.chmod(0o700)


def _place(folder: Path, kind: Kind, digest: str) -> Path:
    return folder / digest[:2] / f"{digest}.{kind}"


def _file_name(version: str) -> str:
    return re.sub(r"[^\w.-]", "_", version)


def _key(kind: Kind, digest: str) -> bytes:
    return f"{kind} {digest} ".encode()


def _encoded(analysis: Analysis, key: bytes) -> bytes:
    rows = np.zeros(len(analysis.faces), dtype=_FACE)
    for row, face in zip(rows, analysis.faces, strict=True):
        box = face.box
        row["box"] = (box.left, box.top, box.right, box.bottom)
        row["score"] = face.score
        row["embedding"] = face.embedding
    content = rows.tobytes()
    return sha256(key + content).digest() + content


def _decoded(entry: bytes, key: bytes) -> Analysis:
    """Raises ``ValueError`` when the entry is not whole or another photo's."""
    checksum, content = entry[:_CHECKSUM_BYTES], entry[_CHECKSUM_BYTES:]
    if checksum != sha256(key + content).digest():
        raise ValueError("the entry is damaged")
    rows = np.frombuffer(content, dtype=_FACE)
    return Analysis(
        tuple(
            FoundFace(Box(*row["box"].tolist()), row["embedding"].copy(), float(row["score"]))
            for row in rows
        )
    )


@dataclass(frozen=True, slots=True)
class Cleared:
    photos: int
    size: int  # in bytes


def clear_cache() -> Cleared:
    """Remove what PicProcure kept for this user: results, and the network that it can build again.

    Raises ``OSError``. Nothing else that lies in the folder is touched.
    """
    root = user_cache_folder()
    if root is None or not root.is_dir():
        return Cleared(0, 0)
    results = root / FOLDER
    kept = list(_files(results))
    models = [path for path in root.glob("dlib-resnet-*.onnx") if path.is_file()]
    size = sum(path.lstat().st_size for path in [*kept, *models])
    if results.is_dir() and not results.is_symlink():
        shutil.rmtree(results)
    for model in models:
        model.unlink()
    with contextlib.suppress(OSError):  # there is something of others in it
        root.rmdir()
    return Cleared(len(kept), size)


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_symlink():
        yield from (path for path in folder.rglob("*") if not path.is_dir())
