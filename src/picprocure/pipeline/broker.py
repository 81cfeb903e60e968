"""The folder in which the default broker keeps its messages."""

from __future__ import annotations

import contextlib
import shutil

from django.conf import settings

from picprocure.pipeline.folder_queue import make_folders


def prepare_broker(*, is_alone: bool = True) -> None:
    """Make the folder of the default broker, and remove leftovers of earlier runs.

    Args:
        is_alone: Whether no other process uses the folder. Otherwise, nothing is removed.
    """
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        return
    folder = settings.BROKER_DIR
    for path in make_folders(folder):
        path.chmod(0o700)  # for a folder that existed
    if not is_alone:
        return
    shutil.rmtree(folder / "control", ignore_errors=True)  # from Kombu's own transport
    unfinished = (folder / "new").iterdir()
    to_earlier_workers = folder.glob("*.dq.msg")
    for path in (*unfinished, *to_earlier_workers):
        with contextlib.suppress(OSError):
            path.unlink()
