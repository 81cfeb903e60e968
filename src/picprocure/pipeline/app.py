"""The Celery application: `celery -A picprocure.pipeline.app worker`."""

from __future__ import annotations

import logging
import os

import django
from celery import Celery
from celery.signals import worker_init

from picprocure.faces.errors import ModelError
from picprocure.storage.errors import SealingError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "picprocure.config.settings")

app = Celery("picprocure")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["picprocure.pipeline"])

logger = logging.getLogger(__name__)


def refuse_wrong_machine(**_: object) -> None:
    """End a worker whose keys don't open the stored data, or that has another face engine."""
    django.setup()
    from django.db import connection  # noqa: PLC0415 -- needs django.setup()

    from picprocure.recognition.engines import ensure_engine_in_use  # noqa: PLC0415
    from picprocure.storage.sealing import ensure_usable_keys  # noqa: PLC0415

    try:
        ensure_usable_keys()
        ensure_engine_in_use()
    except (SealingError, ModelError) as problem:
        logger.critical("%s", problem)
        raise SystemExit(1) from problem
    finally:
        connection.close()  # processes forked from this one must not inherit it


worker_init.connect(refuse_wrong_machine)
