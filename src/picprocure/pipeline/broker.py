"""The folder in which the default broker keeps its messages."""

from __future__ import annotations

from django.conf import settings


def prepare_broker() -> None:
    """Make the folder of the filesystem broker, readable by its owner alone."""
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        for folder in (settings.BROKER_DIR, settings.BROKER_DIR / "control"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
