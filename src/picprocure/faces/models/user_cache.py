"""A folder of the user's for what can be made again."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def user_cache_folder() -> Path | None:
    """Where the platform wants what can be made again, or None for a user without a home."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "picprocure"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "picprocure"


def is_ours_alone(folder: Path) -> bool:
    """Whether nobody else could have put a file there: what is kept decides who is who."""
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def write_whole(path: Path, content: bytes) -> None:
    """Never half: another process sees the old file or the new one, which only we can read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
