"""The processes of a site by role: web server, workers and clock."""

from __future__ import annotations

import secrets
import sys

from django.conf import settings

from picprocure.cli.supervised_process import PipeMonitor, SupervisedProcess, WebMonitor
from picprocure.cli.web_address import WebAddress, is_answering
from picprocure.cli.web_server import MALLOC_SETTINGS, web_server


def web(address: WebAddress, *, processes: int | None = None) -> list[SupervisedProcess]:
    """Return the web server, which has child processes of its own."""

    def is_healthy() -> bool:
        host = settings.ALLOWED_HOSTS[0].lstrip("*.") if settings.ALLOWED_HOSTS else ""
        return is_answering(
            address.host, address.port, allowed_host=host or "localhost", https=settings.HTTPS
        )

    command = web_server(address.host, address.port, processes=processes or settings.WEB_PROCESSES)
    monitor = WebMonitor(is_healthy)
    return [SupervisedProcess("The web server", command, monitor, environment=MALLOC_SETTINGS)]


def workers(*, processes: int | None = None, group: str = "") -> list[SupervisedProcess]:
    """Return the workers, each of which is one process.

    Args:
        processes: How many. The setting by default.
        group: A part of their names, which must differ from those of all other workers of the site
            that run on hosts with the same name.
    """
    return [
        SupervisedProcess(
            f"Worker {number}",
            _process("worker", f"worker{number}{group and '-'}{group}"),
            PipeMonitor(),
            # The first worker releases the claims that an earlier site left behind.
            lost_job="" if number == 1 else None,
        )
        for number in range(1, (processes or settings.WORKER_PROCESSES) + 1)
    ]


def clock() -> list[SupervisedProcess]:
    return [SupervisedProcess("The clock", _process("clock"), PipeMonitor())]


def new_group() -> str:
    """Return a random group of workers, since containers may have the same host name."""
    return secrets.token_hex(3)


def _process(role: str, *arguments: str) -> list[str]:
    """Return the command of a worker or the clock."""
    return [sys.executable, "-m", "picprocure.pipeline.process", role, *arguments]
