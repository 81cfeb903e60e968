"""Database connections of a worker, kept from one job to the next.

A new connection takes longer than all queries of a short job. Celery closes them before and after
each job. A worker has one thread that runs jobs, so it keeps one connection. One that broke is
closed after its job, and tested before the next one.
"""

from __future__ import annotations

import sys

from celery import Celery
from celery.signals import task_postrun, task_prerun
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections


def keep_connections(app: Celery) -> None:
    """Keep the database connections of this process. Call this before a worker starts."""
    # Celery closes connections after twice as many jobs, and otherwise leaves them alone.
    app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
    connections.settings[DEFAULT_DB_ALIAS].update(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
    for signal in (task_prerun, task_postrun):
        signal.connect(_close_broken_connections)


def _close_broken_connections(**_signal: object) -> None:
    close_old_connections()
