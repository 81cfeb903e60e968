"""A worker or the clock of a site: `python -m picprocure.pipeline.process worker worker1`.

Celery's command line takes longer to start: it imports a shell, runs Django's checks again, which
`picprocure up` has just run, and imports all tasks for the clock.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Final

import django
from celery.apps.beat import Beat
from celery.utils.nodenames import gethostname, nodename
from django.db import connection

from picprocure.pipeline import full_disk  # noqa: F401 -- connects a signal
from picprocure.pipeline.app import app
from picprocure.pipeline.worker_connections import keep_connections
from picprocure.system.priority import work_in_background

LOG_LEVEL: Final = "WARNING"
# The clock counts as dead if it waits too long for the database (pipeline/supervisor_pipe.py).
DATABASE_SECONDS: Final = 5


class _Clock(Beat):  # type: ignore[misc]
    """Celery's clock without the tasks: it sends them by name."""

    def init_loader(self) -> None:
        django.setup()
        self.app.finalize()

    def install_sync_handler(self, _service: object) -> None:
        """End in order at a signal. Celery's handler would use the database inside of it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))


def run_worker(name: str) -> None:
    """Run a worker until a signal ends it, or until it ends to be replaced."""
    work_in_background()
    os.environ["CELERY_SKIP_CHECKS"] = "true"
    keep_connections(app)
    worker = app.Worker(
        hostname=nodename(name, gethostname()),
        pool_cls="solo",
        loglevel=LOG_LEVEL,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


def run_clock() -> None:
    """Run the clock until a signal ends it."""
    option = {"sqlite": "timeout", "postgresql": "connect_timeout"}.get(connection.vendor)
    if option:
        connection.settings_dict["OPTIONS"][option] = DATABASE_SECONDS
    _Clock(app=app, loglevel=LOG_LEVEL, quiet=True).run()


def main(role: str, *arguments: str) -> None:
    """Run the process that the command line names."""
    roles: dict[str, Callable[..., None]] = {"worker": run_worker, "clock": run_clock}
    roles[role](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
