"""The Celery application: `celery -A picprocure.pipeline.app worker`."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "picprocure.config.settings")

app = Celery("picprocure")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["picprocure.pipeline"])
