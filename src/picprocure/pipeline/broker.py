"""The folder in which the default broker keeps its messages."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings

from picprocure.pipeline.folder_queue import make_folders

EXPIRED_SECONDS: Final = 60.0


def prepare_broker(*, is_alone: bool = True) -> None:
    """Make the folder of the default broker, and remove leftovers of earlier runs.

    Args:
        is_alone: Whether no other process uses the folder. Otherwise, only heartbeats that workers
            sent to themselves before they ended are removed.
    """
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        return
    folder = settings.BROKER_DIR
    for path in make_folders(folder):
        path.chmod(0o700)  # for a folder that existed
    _remove(path for path in folder.glob("*.dq*.msg") if _has_expired(path))
    if is_alone:
        shutil.rmtree(folder / "control", ignore_errors=True)  # from Kombu's own transport
        _remove((folder / "new").iterdir())  # unfinished


def _has_expired(path: Path) -> bool:
    """Return whether a heartbeat is much older than any that a worker still waits for."""
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime > EXPIRED_SECONDS
    return False


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
