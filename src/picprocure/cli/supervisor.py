"""The processes of a running site: web server, workers and clock, watched together."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import click
from django.conf import settings

from picprocure.cli import web_address
from picprocure.cli.supervised_process import START_SECONDS, Answers, Lifeline, Watched
from picprocure.cli.web_server import RETURNING_MEMORY, web_server

STOP_SECONDS = 15
LOOK_SECONDS = 0.2

ORPHAN_GUARD = str(Path(__file__).with_name("orphan_guard.py"))


class Site:
    """Use it as a context: whatever ends the block ends every process it started."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = web_address.plain(host), port
        self.family: tuple[int, ...] = ()  # descriptors that all its processes inherit
        self._is_asked_to_stop = False
        self._is_busy = False
        self._processes: list[Watched] = []
        self._orphan_guard: subprocess.Popen[bytes] | None = None
        self._kept: set[int] = set()

    @property
    def address(self) -> str:
        return f"http://{web_address.shown(self.host)}:{self.port}/"

    def ensure_port_is_free(self) -> None:
        """Raises PreparationFailed when something listens there already."""
        web_address.ensure_free(self.host, self.port)

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # Under nohup the end of the terminal is meant to change nothing.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask_to_stop)
        return self

    def start(self) -> None:
        """Start everything; call it inside the context."""
        with self._undisturbed():
            self._start_all()

    def _start_all(self) -> None:
        self._processes = [
            Watched(
                "The web server",
                self._web_server(),
                Answers(self._answers),
                environment=RETURNING_MEMORY,
            ),
            *(self._worker(number) for number in range(1, settings.WORKER_PROCESSES + 1)),
            Watched("The clock", _celery("beat"), Lifeline()),
        ]
        for watched in self._processes:
            watched.inherited = self.family
            watched.start()
        self._update_orphan_guard()

    def _web_server(self) -> list[str]:
        return web_server(self.host, self.port, processes=settings.WEB_PROCESSES)

    def _worker(self, number: int) -> Watched:
        command = _celery(
            *("worker", "--pool", "solo", "-Q", "celery,maintenance", "-n", f"worker{number}@%h")
        )
        # The first worker gives back what an earlier site lost.
        return Watched(
            f"Worker {number}", command, Lifeline(), lost_job="" if number == 1 else None
        )

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
            self._look()
            if self._processes[0].was_ever_ready:
                return
            time.sleep(0.1)
        raise click.ClickException(f"The site did not answer within {START_SECONDS:.0f} seconds.")

    def watch(self) -> None:
        """Keep everything running until somebody asks to stop."""
        while True:
            self._look()
            time.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        with self._undisturbed():
            for watched in self._processes:
                watched.look()
                if watched.is_hopeless:
                    raise click.ClickException(
                        f"{watched.name} stops as soon as it starts. See its messages above."
                    )
            self._update_orphan_guard()

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Make signals wait: an exception inside `subprocess` could leave its locks taken."""
        self._is_busy = True
        yield
        self._is_busy = False
        if self._is_asked_to_stop:
            raise Stopped

    def _answers(self) -> bool:
        host = settings.ALLOWED_HOSTS[0].lstrip("*.") if settings.ALLOWED_HOSTS else ""
        return web_address.answers(
            self.host, self.port, allowed_host=host or "localhost", https=settings.HTTPS
        )

    def _update_orphan_guard(self) -> None:
        """Tell the orphan guard which groups to end if this process is killed."""
        if self._orphan_guard is None or self._orphan_guard.poll() is not None:
            command = [sys.executable, "-I", "-S", ORPHAN_GUARD]
            self._orphan_guard = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, start_new_session=True, pass_fds=self.family
            )
            self._kept = set()
        groups = {watched.group for watched in self._processes if watched.group is not None}
        changes = [f"+{group}\n" for group in sorted(groups - self._kept)]
        changes += [f"-{group}\n" for group in sorted(self._kept - groups)]
        if changes and self._orphan_guard.stdin:
            with contextlib.suppress(BrokenPipeError):  # it is dead, and started again
                self._orphan_guard.stdin.write("".join(changes).encode())
                self._orphan_guard.stdin.flush()
            self._kept = groups

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_busy and not self._is_asked_to_stop:
            self._is_asked_to_stop = True
            raise Stopped
        self._is_asked_to_stop = True

    def _end_all(self) -> None:
        self._is_busy = True
        for watched in self._processes:
            watched.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        for watched in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                watched.wait(max(0.1, deadline - time.monotonic()))
            watched.kill()  # the rest of its group
        if self._orphan_guard is not None and self._orphan_guard.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._orphan_guard.stdin.close()
            self._orphan_guard.wait()


class Stopped(BaseException):
    """Ctrl-C or a termination signal. Not an Exception: nothing on the way may swallow it."""


def _celery(role: str, *options: str) -> list[str]:
    level = ("--loglevel", "WARNING")
    calm = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    command = [sys.executable, "-m", "celery", "-A", "picprocure.pipeline.app", "--quiet", role]
    return [*command, *level, *(calm if role == "worker" else ()), *options]
