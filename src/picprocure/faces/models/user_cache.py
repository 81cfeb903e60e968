"""Find the user's cache folder, for files that can be made again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_cache_folder() -> Path | None:
    """Return our part of the platform's cache folder, or None for a user without a home."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "picprocure"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "picprocure"


def is_ours_alone(folder: Path) -> bool:
    """Return whether no other user could have written to a folder.

    Cached files decide who is recognized, so they must be our own.
    """
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
