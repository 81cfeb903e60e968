"""The supervisor of a site's processes, or of some of them (`cli/roles.py`)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self

import click

from picprocure.cli.health import HealthSign
from picprocure.cli.supervised_process import START_SECONDS, SupervisedProcess

# Longer than workers and web servers take to finish what they have in hand, and shorter than the
# 30 seconds that Kubernetes waits.
STOP_SECONDS = 25
CHECK_SECONDS = 0.2

ORPHAN_GUARD = str(Path(__file__).with_name("orphan_guard.py"))


class Site:
    """The processes of a site. As a context manager, it ends all of them when the block is left."""

    def __init__(self, sign: HealthSign, *, inherited_descriptors: Sequence[int] = ()) -> None:
        """Make a site without processes.

        Args:
            sign: Tells others that the processes work.
            inherited_descriptors: Descriptors that all its processes inherit.
        """
        self._sign = sign
        self._inherited_descriptors = tuple(inherited_descriptors)
        self._must_stop = False
        self._is_busy = False
        self._processes: list[SupervisedProcess] = []
        self._orphan_guard: subprocess.Popen[bytes] | None = None
        self._guard_pipe: BinaryIO | None = None
        self._guarded_groups: set[int] = set()

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # nohup ignores SIGHUP, and so must the site.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle_stop_signal)
        return self

    def start(self, processes: Sequence[SupervisedProcess]) -> None:
        """Start the processes. Call this inside the context."""
        with self._deferred_signals():
            self._processes = list(processes)
            for process in self._processes:
                process.inherited_descriptors = self._inherited_descriptors
                process.start()
            self._update_orphan_guard()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._stop_all()
        return kind is not None and issubclass(kind, Stopped)

    def wait_until_ready(self) -> None:
        """Wait until the first process works."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._check()
            if self._processes[0].was_ever_ready:
                self._sign.ready()
                return
            time.sleep(0.1)
        first = self._processes[0].name
        raise click.ClickException(f"{first} did not start within {START_SECONDS:.0f} seconds.")

    def watch(self) -> None:
        """Keep all processes running until a signal stops the site."""
        while True:
            self._check()
            if all(process.is_healthy for process in self._processes):
                self._sign.give()
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
                pass_fds=self._inherited_descriptors,
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
        self._sign.end()
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
