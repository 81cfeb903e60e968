"""The broker: the folder of the default one, and how many messages wait in a queue."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings

from picprocure.pipeline.app import app
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


def waiting_messages(queue: str) -> int | None:
    """Return how many messages of a queue no worker has received, or None if it isn't known.

    Args:
        queue: The name of the queue.
    """
    with app.connection_for_read() as connection:
        try:
            declared = connection.channel().queue_declare(queue=queue, passive=True)
        except connection.channel_errors:
            return 0  # there is no such queue; on Redis, an empty queue doesn't exist
        except connection.connection_errors:
            return None
        return int(declared.message_count)
