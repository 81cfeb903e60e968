"""The Celery application: `celery -A picprocure.pipeline.app worker`."""

from __future__ import annotations

import logging
import os

import django
from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "picprocure.config.settings")

app = Celery("picprocure")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["picprocure.pipeline"])

logger = logging.getLogger(__name__)


def refuse_wrong_keys(**_: object) -> None:
    """End a worker that can't open the stored data, as on a machine with other settings."""
    django.setup()
    from django.db import connection  # noqa: PLC0415 -- they need Django

    from picprocure.storage.sealing import (  # noqa: PLC0415
        SealingError,
        ensure_usable_keys,
    )

    try:
        ensure_usable_keys()
    except SealingError as problem:
        logger.critical("%s", problem)
        raise SystemExit(1) from problem
    finally:
        connection.close()  # the children that are forked from here must not find it open


worker_init.connect(refuse_wrong_keys)
