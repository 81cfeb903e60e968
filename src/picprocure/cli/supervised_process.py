"""A process of the site, restarted when it ends, hangs, or takes too long for a job."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import click
from django.conf import settings

from picprocure.pipeline import supervisor_pipe

# Starting takes time on a busy machine. A process that takes longer hangs.
START_SECONDS: Final = 120.0
# A process that ends this often before its first message won't recover.
MAX_FAILURES: Final = 5
LONGEST_PAUSE: Final = 30.0
KILL_SECONDS: Final = 5.0

EXIT_WITH_PARENT: Final = str(Path(__file__).with_name("exit_with_parent.py"))


class HealthMonitor(Protocol):
    """Watches whether a process works.

    Attributes:
        is_ready: Whether the process has started.
        is_leaving: Whether the process has announced that it ends on purpose.
    """

    is_ready: bool
    is_leaving: bool

    def prepare(self) -> int | None:
        """Reset before a start. Return a descriptor for the process to inherit, if it needs one."""

    def check(self) -> None:
        """Read all new messages without waiting."""

    def problem(self) -> str:
        """Return why the process counts as dead, or an empty string while it works."""

    @property
    def job(self) -> str:
        """Return the job that the process works on, if it reports jobs."""


class PipeMonitor:
    """Reads the messages of a worker or the clock from a pipe (pipeline/supervisor_pipe.py)."""

    def __init__(self) -> None:
        self._read_end: int | None = None
        self._write_end: int | None = None
        self._reset()

    def _reset(self) -> None:
        self.is_ready, self.is_leaving = False, False
        self.job, self._job_start = "", time.monotonic()
        self._last_message, self._buffer = time.monotonic(), b""

    def prepare(self) -> int:
        for descriptor in (self._read_end, self._write_end):
            if descriptor is not None:
                os.close(descriptor)
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._reset()
        return self._write_end

    def check(self) -> None:
        if self._read_end is None:
            return
        with contextlib.suppress(BlockingIOError):
            while content := os.read(self._read_end, 65536):
                *lines, self._buffer = (self._buffer + content).split(b"\n")
                for line in lines:
                    self._handle_line(line.decode())

    def _handle_line(self, line: str) -> None:
        self._last_message = time.monotonic()
        word, _, rest = line.partition(" ")
        if word == supervisor_pipe.BEGIN:
            self.job, self._job_start = rest, time.monotonic()
        elif word == supervisor_pipe.END:
            self.job = ""
        elif word == supervisor_pipe.LEAVING:
            self.is_leaving = True
        self.is_ready = True

    def problem(self) -> str:
        silent = time.monotonic() - self._last_message
        if not self.is_ready:
            return f"did not start within {silent:.0f} seconds" if silent > START_SECONDS else ""
        if silent > self._max_silence:
            return f"gave no sign of life for {silent:.0f} seconds"
        if self.job and time.monotonic() - self._job_start > self._job_limit:
            return f"exceeded the limit of {self._job_limit:.0f} seconds for a job ({self.job})"
        return ""

    @property
    def _max_silence(self) -> float:
        """Return the seconds without a message after which the process counts as dead.

        During a job it is the job's lease, since a library may block all threads.
        """
        lease = settings.LEASE.total_seconds() if self.job else 0
        return max(supervisor_pipe.SILENT_SECONDS, lease)

    @property
    def _job_limit(self) -> float:
        return supervisor_pipe.limit_of(self.job.partition(" ")[0]).total_seconds()


class WebMonitor:
    """Sends a request to the web server every few seconds."""

    INTERVAL_SECONDS: Final = 5.0
    RETRY_SECONDS: Final = 2.0  # after a missing answer
    # If one of several processes hangs, only some of the answers are missing.
    MAX_UNANSWERED: Final = 3
    COUNTED_REQUESTS: Final = 6

    is_leaving, job = False, ""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._start()
        threading.Thread(target=self._ask_repeatedly, daemon=True).start()

    def _start(self) -> None:
        self.is_ready, self._started = False, time.monotonic()
        self._answers: deque[bool] = deque(maxlen=self.COUNTED_REQUESTS)

    def prepare(self) -> None:
        with self._lock:
            self._start()

    def check(self) -> None:
        """Do nothing: a thread sends the requests."""

    def problem(self) -> str:
        with self._lock:
            if not self.is_ready:
                took = time.monotonic() - self._started
                return f"did not answer within {took:.0f} seconds" if took > START_SECONDS else ""
            missing = self._answers.count(False)
            return f"left {missing} requests unanswered" if missing >= self.MAX_UNANSWERED else ""

    def _ask_repeatedly(self) -> None:
        while True:
            started = self._started
            answered = self._ask()
            with self._lock:
                if started == self._started and (answered or self.is_ready):
                    self.is_ready = True
                    self._answers.append(answered)
            pause = self.INTERVAL_SECONDS if answered else self.RETRY_SECONDS
            time.sleep(pause if self.is_ready else 0.2)


class SupervisedProcess:
    """A process with its own process group, which contains all its children."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        monitor: HealthMonitor,
        *,
        lost_job: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.monitor = name, monitor
        self._command, self._environment = command, environment or {}
        self.inherited_descriptors: Sequence[int] = ()  # descriptors
        self._lost_job = lost_job
        self._process: subprocess.Popen[bytes] | None = None
        self._failures, self._next_start = 0, 0.0
        self.was_ever_ready = False
        self._last_ready = time.monotonic()

    @property
    def is_healthy(self) -> bool:
        """Return whether the process works, or has had less time to start than it may take."""
        return time.monotonic() - self._last_ready < START_SECONDS

    @property
    def group(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def keeps_failing_to_start(self) -> bool:
        """Return whether the process has ended at every start so far, as with a wrong setting."""
        return not self.was_ever_ready and self._failures >= MAX_FAILURES

    def start(self) -> None:
        descriptor = self.monitor.prepare()
        descriptors = [*self.inherited_descriptors, *([] if descriptor is None else [descriptor])]
        environment = {**self._environment, **os.environ, "TMPDIR": str(settings.TEMP_DIR)}
        if descriptor is not None:
            environment[supervisor_pipe.DESCRIPTOR] = str(descriptor)
        if self._lost_job is not None:
            environment[supervisor_pipe.LOST_JOB] = self._lost_job
        command = [sys.executable, "-I", "-S", EXIT_WITH_PARENT, str(os.getpid()), *self._command]
        try:
            # In its own group, so that Ctrl-C reaches only this process, which ends the others in
            # order.
            self._process = subprocess.Popen(  # noqa: S603
                command, env=environment, start_new_session=True, pass_fds=descriptors
            )
        except OSError as error:  # no memory, or too many processes
            self._restart(f"could not be started ({error.strerror})")

    def check(self) -> None:
        """Check the process, and restart it if needed."""
        if self._process is None:
            if time.monotonic() >= self._next_start:
                self.start()
            return
        self.monitor.check()
        if self.monitor.is_ready:
            self.was_ever_ready, self._failures, self._lost_job = True, 0, None
            self._last_ready = time.monotonic()
        if self._process.poll() is not None:
            self.monitor.check()  # read its last messages
            self._restart(_exit_reason(self._process.returncode))
        elif problem := self.monitor.problem():
            self._restart(problem)

    def _restart(self, reason: str) -> None:
        """End the rest of the process group, and schedule a start.

        The next start happens at the next check, or after a pause if the process keeps failing.
        """
        if not self.monitor.is_leaving:
            # A log on a full disk must not end the site.
            with contextlib.suppress(OSError):
                click.echo(f"{self.name} {reason}. Starting it again.", err=True)
        self.kill()
        if self.monitor.is_ready:
            self._lost_job = None if self.monitor.is_leaving else self.monitor.job
        else:
            self._failures += 1
        self._process = None
        pause = 0.0 if self._failures < 2 else min(2.0**self._failures / 4, LONGEST_PAUSE)  # noqa: PLR2004
        self._next_start = time.monotonic() + pause

    def terminate(self) -> None:
        """Send SIGTERM to the main process, which lets its children finish their work."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill the whole process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            # Don't wait longer: a process that waits for a disk can't even be killed.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=KILL_SECONDS)

    def wait(self, seconds: float) -> None:
        if self._process is not None:
            self._process.wait(timeout=seconds)


def _exit_reason(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
