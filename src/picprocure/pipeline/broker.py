"""The folder in which the default broker keeps its messages."""

from __future__ import annotations

import contextlib
import shutil

from django.conf import settings

from picprocure.pipeline.folder_queue import make_folders


def prepare_broker() -> None:
    """Make the folder of the default broker, and remove what an earlier run left half done."""
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        return
    folder = settings.BROKER_DIR
    for place in make_folders(folder):
        place.chmod(0o700)  # also of one that was there
    shutil.rmtree(folder / "control", ignore_errors=True)  # of Kombu's own transport
    for left in (*(folder / "new").iterdir(), *folder.glob("*.dq.msg")):  # to workers of before
        with contextlib.suppress(OSError):
            left.unlink()
