"""The processes of a running site: web server, worker and clock, watched together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

import click
from django.conf import settings

from picprocure.cli.prepare import PreparationFailed
from picprocure.cli.web_server import web_server

START_SECONDS = 60
STOP_SECONDS = 15

# A process that ends more often than this in a minute won't come right by itself.
MOST_RESTARTS_PER_MINUTE = 5


@dataclass
class Watched:
    """One process, started again when it ends by itself."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.starts = [at for at in self.starts if at > time.monotonic() - 60]
        self.starts.append(time.monotonic())
        # A group of its own: Ctrl-C reaches us alone, and we end the others in order.
        environment = {**os.environ, "TMPDIR": str(settings.TEMP_DIR)}
        self.process = subprocess.Popen(  # noqa: S603
            self.command, env=environment, start_new_session=True
        )

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def is_hopeless(self) -> bool:
        return len(self.starts) > MOST_RESTARTS_PER_MINUTE

    def ask_to_end(self) -> None:
        """The main process only: it lets its children finish what they have in hand."""
        if self.process is not None:
            self.process.terminate()

    def kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        if self.process is not None:
            self.process.wait(timeout=seconds)


class Site:
    """Use it as a context: whatever ends the block ends every process it started."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._stopping = False
        self._processes: list[Watched] = []

    @property
    def address(self) -> str:
        shown = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{shown}:{self.port}/"

    def ensure_port_is_free(self) -> None:
        """Raises PreparationFailed when something listens there already."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise PreparationFailed(
                    f"Port {self.port} on {self.host} can't be used ({error.strerror}). "
                    f"Choose another: --port {self.port + 1} "
                    f"(with make: ARGS='--port {self.port + 1}')"
                ) from error

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        worker_options = ("-Q", "celery,upkeep", "--concurrency", str(settings.WORKER_PROCESSES))
        self._processes = [
            Watched("site", web_server(self.host, self.port, processes=settings.WEB_PROCESSES)),
            Watched("worker", _celery("worker", *worker_options)),
            Watched("clock", _celery("beat")),
        ]
        for watched in self._processes:
            watched.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._end_all()
        return kind is not None and issubclass(kind, Stopped)

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._restart_ended()
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.1)
        raise click.ClickException(f"The site did not answer within {START_SECONDS} seconds.")

    def watch(self) -> None:
        """Keep everything running until somebody asks to stop."""
        while True:
            self._restart_ended()
            time.sleep(0.5)

    def _restart_ended(self) -> None:
        for watched in self._processes:
            if not watched.has_ended:
                continue
            if watched.is_hopeless:
                raise click.ClickException(
                    f"The {watched.name} ends as soon as it starts; see its messages above."
                )
            click.echo(f"The {watched.name} ended; starting it again.", err=True)
            watched.start()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise Stopped

    def _end_all(self) -> None:
        self._stopping = True
        for watched in self._processes:
            watched.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        for watched in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                watched.wait(max(0.1, deadline - time.monotonic()))
            watched.kill_group()  # whoever is left of it


class Stopped(BaseException):
    """Ctrl-C or a termination signal. Not an Exception: nothing on the way may swallow it."""


def _celery(role: str, *options: str) -> list[str]:
    level = ("--loglevel", "WARNING")
    calm = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    command = [sys.executable, "-m", "celery", "-A", "picprocure.pipeline.app", "--quiet", role]
    return [*command, *level, *(calm if role == "worker" else ()), *options]
