"""The supervisor of a site's processes: web server, workers and clock."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self

import click
from django.conf import settings

from picprocure.cli import web_address
from picprocure.cli.supervised_process import (
    START_SECONDS,
    PipeMonitor,
    SupervisedProcess,
    WebMonitor,
)
from picprocure.cli.web_server import MALLOC_SETTINGS, web_server

STOP_SECONDS = 15
CHECK_SECONDS = 0.2

ORPHAN_GUARD = str(Path(__file__).with_name("orphan_guard.py"))


class Site:
    """The processes of a site. As a context manager, it ends all of them when the block is left."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = web_address.without_brackets(host), port
        self.inherited_descriptors: tuple[
            int, ...
        ] = ()  # descriptors that all its processes inherit
        self._must_stop = False
        self._is_busy = False
        self._processes: list[SupervisedProcess] = []
        self._orphan_guard: subprocess.Popen[bytes] | None = None
        self._guard_pipe: BinaryIO | None = None
        self._guarded_groups: set[int] = set()

    @property
    def address(self) -> str:
        return f"http://{web_address.display_host(self.host)}:{self.port}/"

    def ensure_port_is_free(self) -> None:
        """Check the port.

        Raises:
            PreparationFailed: The site can't listen there.
        """
        web_address.ensure_free(self.host, self.port)

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # nohup ignores SIGHUP, and so must the site.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle_stop_signal)
        return self

    def start(self) -> None:
        """Start all processes. Call this inside the context."""
        with self._deferred_signals():
            self._start_all()

    def _start_all(self) -> None:
        self._processes = [
            SupervisedProcess(
                "The web server",
                self._web_server(),
                WebMonitor(self._is_answering),
                environment=MALLOC_SETTINGS,
            ),
            *(self._worker(number) for number in range(1, settings.WORKER_PROCESSES + 1)),
            SupervisedProcess("The clock", _process("clock"), PipeMonitor()),
        ]
        for process in self._processes:
            process.inherited_descriptors = self.inherited_descriptors
            process.start()
        self._update_orphan_guard()

    def _web_server(self) -> list[str]:
        return web_server(self.host, self.port, processes=settings.WEB_PROCESSES)

    def _worker(self, number: int) -> SupervisedProcess:
        command = _process("worker", f"worker{number}")
        # The first worker releases the claims that an earlier site left behind.
        return SupervisedProcess(
            f"Worker {number}", command, PipeMonitor(), lost_job="" if number == 1 else None
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._stop_all()
        return kind is not None and issubclass(kind, Stopped)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._check()
            if self._processes[0].was_ever_ready:
                return
            time.sleep(0.1)
        raise click.ClickException(f"The site did not answer within {START_SECONDS:.0f} seconds.")

    def watch(self) -> None:
        """Keep all processes running until a signal stops the site."""
        while True:
            self._check()
            time.sleep(CHECK_SECONDS)

    def _check(self) -> None:
        with self._deferred_signals():
            for process in self._processes:
                process.check()
                if process.keeps_failing_to_start:
                    raise click.ClickException(
                        f"{process.name} stops as soon as it starts. See its messages above."
                    )
            self._update_orphan_guard()

    @contextlib.contextmanager
    def _deferred_signals(self) -> Iterator[None]:
        """Defer stop signals: an exception inside `subprocess` could leave its locks taken."""
        self._is_busy = True
        yield
        self._is_busy = False
        if self._must_stop:
            raise Stopped

    def _is_answering(self) -> bool:
        host = settings.ALLOWED_HOSTS[0].lstrip("*.") if settings.ALLOWED_HOSTS else ""
        return web_address.is_answering(
            self.host, self.port, allowed_host=host or "localhost", https=settings.HTTPS
        )

    def _update_orphan_guard(self) -> None:
        """Send the orphan guard the process groups to end if this process is killed."""
        groups = {process.group for process in self._processes if process.group is not None}
        if self._orphan_guard is None or self._orphan_guard.poll() is not None:
            self._start_orphan_guard(groups)
        changes = [f"+{group}\n" for group in sorted(groups - self._guarded_groups)]
        changes += [f"-{group}\n" for group in sorted(self._guarded_groups - groups)]
        if changes and self._guard_pipe:
            with contextlib.suppress(BrokenPipeError):  # it has ended and is restarted later
                self._guard_pipe.write("".join(changes).encode())
                self._guard_pipe.flush()
            self._guarded_groups = groups

    def _start_orphan_guard(self, groups: set[int]) -> None:
        """Start the orphan guard with the groups already in its pipe."""
        self._close_guard_pipe()
        read_end, write_end = os.pipe()
        self._guard_pipe = os.fdopen(write_end, "wb")
        self._guard_pipe.write("".join(f"+{group}\n" for group in sorted(groups)).encode())
        self._guard_pipe.flush()
        self._guarded_groups = groups
        try:
            self._orphan_guard = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", ORPHAN_GUARD],
                stdin=read_end,
                start_new_session=True,
                pass_fds=self.inherited_descriptors,
            )
        finally:
            os.close(read_end)

    def _close_guard_pipe(self) -> None:
        if self._guard_pipe:
            with contextlib.suppress(BrokenPipeError):
                self._guard_pipe.close()

    def _handle_stop_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_busy and not self._must_stop:
            self._must_stop = True
            raise Stopped
        self._must_stop = True

    def _stop_all(self) -> None:
        self._is_busy = True
        for process in self._processes:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            process.kill()  # the rest of its group
        self._close_guard_pipe()
        if self._orphan_guard is not None:
            self._orphan_guard.wait()


class Stopped(BaseException):
    """The site was stopped by Ctrl-C or a signal. A BaseException, as no handler may swallow it."""


def _process(role: str, *arguments: str) -> list[str]:
    """Return the command of a worker or the clock."""
    return [sys.executable, "-m", "picprocure.pipeline.process", role, *arguments]
