"""Cache of analyses, kept from one run to the next.

The key of an entry is the SHA-256 of a photo's content and the engine's version, so a photo may be
moved or renamed. Entries contain embeddings, which are biometric data, so only the owner can read
the folder.
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

FORMAT: Final = 2
"""Increase this when the form of an entry or the decoding of photos changes."""

_FACE: Final = np.dtype(
    [
        ("box", "<i4", (4,)),
        ("turn", "<i4"),
        ("score", "<f8"),
        ("embedding", "<f4", (EMBEDDING_SIZE,)),
    ]
)
_CHECKSUM_BYTES: Final = 32

_MODELS: Final = ("dlib-resnet-*.onnx", "sface-*.onnx")


class AnalysisCache:
    """The cache of one engine version.

    Attributes:
        problem: Why nothing is cached although a cache was requested.
    """

    def __init__(self, folder: Path | None, problem: str | None = None) -> None:
        self._folder = folder
        self.problem = problem

    @classmethod
    def for_user(cls, engine_version: str) -> AnalysisCache:
        """Return the user's cache, or one that stores nothing where storing would not be safe."""
        root = user_cache_folder()
        if root is None:
            return cls(None, "There is no home folder to cache results in.")
        folder = root / FOLDER / _file_name(f"{engine_version}-{FORMAT}")
        try:
            for path in (root, root / FOLDER, folder):
                _make_private(path)
        except OSError as error:
            return cls(None, f"Results are not cached: {error.filename}: {error.strerror}.")
        except _UnsafeFolder as problem:
            return cls(None, str(problem))
        return cls(folder)

    def get(self, kind: Kind, digest: str) -> Analysis | None:
        """Return the stored analysis, or None if there is none or its entry is damaged."""
        if self._folder is None:
            return None
        try:
            entry = _entry_path(self._folder, kind, digest).read_bytes()
            return _decode(entry, _key(kind, digest))
        except (OSError, ValueError):
            return None

    def put(self, kind: Kind, digest: str, analysis: Analysis) -> None:
        """Store an analysis. Errors are not stored, so that the next run tries again."""
        if self._folder is None or analysis.error is not None:
            return
        path = _entry_path(self._folder, kind, digest)
        # A cache that can't be written (read-only, full) only costs time.
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(path, _encode(analysis, _key(kind, digest)))


class _UnsafeFolder(Exception):
    pass


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_ours_alone(folder):
        raise _UnsafeFolder(
            f"Results are not cached, because other users can change files in {folder}. "
            f"Run `chmod 700 {folder}` to make it private."
        )
    folder.chmod(0o700)


def _entry_path(folder: Path, kind: Kind, digest: str) -> Path:
    return folder / digest[:2] / f"{digest}.{kind}"


def _file_name(version: str) -> str:
    return re.sub(r"[^\w.-]", "_", version)


def _key(kind: Kind, digest: str) -> bytes:
    return f"{kind} {digest} ".encode()


def _encode(analysis: Analysis, key: bytes) -> bytes:
    rows = np.zeros(len(analysis.faces), dtype=_FACE)
    for row, face in zip(rows, analysis.faces, strict=True):
        box = face.box
        row["box"] = (box.left, box.top, box.right, box.bottom)
        row["turn"] = face.turn
        row["score"] = face.score
        row["embedding"] = face.embedding
    content = rows.tobytes()
    return sha256(key + content).digest() + content


def _decode(entry: bytes, key: bytes) -> Analysis:
    """Decode an entry of the cache.

    Raises:
        ValueError: The entry is damaged or belongs to another photo.
    """
    checksum, content = entry[:_CHECKSUM_BYTES], entry[_CHECKSUM_BYTES:]
    if checksum != sha256(key + content).digest():
        raise ValueError("the entry is damaged")
    rows = np.frombuffer(content, dtype=_FACE)
    return Analysis(
        tuple(
            FoundFace(
                Box(*row["box"].tolist()),
                row["embedding"].copy(),
                float(row["score"]),
                int(row["turn"]),
            )
            for row in rows
        )
    )


@dataclass(frozen=True, slots=True)
class Cleared:
    """What `clear_cache` deleted: the number of analyses, and the size of all files in bytes."""

    photos: int
    size: int


def clear_cache() -> Cleared:
    """Delete the cached analyses and the cached embedding model of this user, and no other files.

    Raises:
        OSError: A file can't be deleted.
    """
    root = user_cache_folder()
    if root is None or not root.is_dir():
        return Cleared(0, 0)
    results = root / FOLDER
    entries = list(_files(results))
    models = [path for name in _MODELS for path in root.glob(name) if path.is_file()]
    size = sum(path.lstat().st_size for path in [*entries, *models])
    if results.is_dir() and not results.is_symlink():
        shutil.rmtree(results)
    for model in models:
        model.unlink()
    with contextlib.suppress(OSError):  # other files may be in it
        root.rmdir()
    return Cleared(len(entries), size)


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_symlink():
        yield from (path for path in folder.rglob("*") if not path.is_dir())
