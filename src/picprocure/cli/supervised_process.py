"""One process of the site, started again when it ends, hangs, or takes too long over one job."""

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

# Starting takes time on a busy machine. A process that is silent for longer hangs.
START_SECONDS: Final = 120.0
# A process that ends this often before its first sign of life won't recover.
MAX_FAILURES: Final = 5
LONGEST_PAUSE: Final = 30.0
KILL_SECONDS: Final = 5.0

EXIT_WITH_PARENT: Final = str(Path(__file__).with_name("exit_with_parent.py"))


class Signs(Protocol):
    """How a process shows that it does its work."""

    is_ready: bool
    is_leaving: bool  # it has said that it ends on purpose

    def begin(self) -> int | None:
        """Prepare for a start. Returns a descriptor for the process to inherit."""

    def look(self) -> None:
        """Read the signs since the last look, without waiting."""

    def trouble(self) -> str:
        """Return why the process counts as dead; empty while it is alive."""

    @property
    def job(self) -> str:
        """The job that it is working on, if it says so."""


class Lifeline:
    """The signs of a worker or the clock (pipeline/supervisor_pipe.py)."""

    def __init__(self) -> None:
        self._ours: int | None = None
        self._theirs: int | None = None
        self._reset()

    def _reset(self) -> None:
        self.is_ready, self.is_leaving = False, False
        self.job, self._begun = "", time.monotonic()
        self._heard, self._rest = time.monotonic(), b""

    def begin(self) -> int:
        for descriptor in (self._ours, self._theirs):
            if descriptor is not None:
                os.close(descriptor)
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        self._reset()
        return self._theirs

    def look(self) -> None:
        if self._ours is None:
            return
        with contextlib.suppress(BlockingIOError):
            while content := os.read(self._ours, 65536):
                *lines, self._rest = (self._rest + content).split(b"\n")
                for line in lines:
                    self._take(line.decode())

    def _take(self, line: str) -> None:
        self._heard = time.monotonic()
        word, _, rest = line.partition(" ")
        if word == supervisor_pipe.BEGIN:
            self.job, self._begun = rest, time.monotonic()
        elif word == supervisor_pipe.END:
            self.job = ""
        elif word == supervisor_pipe.LEAVING:
            self.is_leaving = True
        self.is_ready = True

    def trouble(self) -> str:
        silent = time.monotonic() - self._heard
        if not self.is_ready:
            return f"did not start within {silent:.0f} seconds" if silent > START_SECONDS else ""
        if silent > self._patience:
            return f"gave no sign of life for {silent:.0f} seconds"
        if self.job and time.monotonic() - self._begun > self._limit:
            return f"exceeded the limit of {self._limit:.0f} seconds for a job ({self.job})"
        return ""

    @property
    def _patience(self) -> float:
        """How long it may be silent: during a job its lease, since a library may block threads."""
        lease = settings.LEASE.total_seconds() if self.job else 0
        return max(supervisor_pipe.SILENT_SECONDS, lease)

    @property
    def _limit(self) -> float:
        return supervisor_pipe.limit_of(self.job.partition(" ")[0]).total_seconds()


class Answers:
    """The answers of the web server, which is asked every few seconds."""

    EVERY_SECONDS: Final = 5.0
    AGAIN_SECONDS: Final = 2.0  # after a missing answer
    # If one of several processes hangs, only some of the answers are missing.
    MAX_MISSING: Final = 3
    COUNTED: Final = 6

    is_leaving, job = False, ""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._start()
        threading.Thread(target=self._keep_asking, daemon=True).start()

    def _start(self) -> None:
        self.is_ready, self._began = False, time.monotonic()
        self._answers: deque[bool] = deque(maxlen=self.COUNTED)

    def begin(self) -> None:
        with self._lock:
            self._start()

    def look(self) -> None:
        """Do nothing: the thread looks."""

    def trouble(self) -> str:
        with self._lock:
            if not self.is_ready:
                took = time.monotonic() - self._began
                return f"did not answer within {took:.0f} seconds" if took > START_SECONDS else ""
            missing = self._answers.count(False)
            return f"left {missing} requests unanswered" if missing >= self.MAX_MISSING else ""

    def _keep_asking(self) -> None:
        while True:
            began = self._began
            answered = self._ask()
            with self._lock:
                if began == self._began and (answered or self.is_ready):
                    self.is_ready = True
                    self._answers.append(answered)
            pause = self.EVERY_SECONDS if answered else self.AGAIN_SECONDS
            time.sleep(pause if self.is_ready else 0.2)


class Watched:
    """One process, with its own group for all processes that it starts."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        signs: Signs,
        *,
        lost_job: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.signs = name, signs
        self._command, self._environment = command, environment or {}
        self.inherited: Sequence[int] = ()  # descriptors
        self._lost_job = lost_job
        self._process: subprocess.Popen[bytes] | None = None
        self._failures, self._next_start = 0, 0.0
        self.was_ever_ready = False

    @property
    def group(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_hopeless(self) -> bool:
        """Whether it has never worked and ends at each start, as with a wrong setting."""
        return not self.was_ever_ready and self._failures >= MAX_FAILURES

    def start(self) -> None:
        descriptor = self.signs.begin()
        passed = [*self.inherited, *([] if descriptor is None else [descriptor])]
        environment = {**self._environment, **os.environ, "TMPDIR": str(settings.TEMP_DIR)}
        if descriptor is not None:
            environment[supervisor_pipe.DESCRIPTOR] = str(descriptor)
        if self._lost_job is not None:
            environment[supervisor_pipe.LOST_JOB] = self._lost_job
        command = [sys.executable, "-I", "-S", EXIT_WITH_PARENT, str(os.getpid()), *self._command]
        try:
            # In its own group: Ctrl-C reaches only us, and we end the others in order.
            self._process = subprocess.Popen(  # noqa: S603
                command, env=environment, start_new_session=True, pass_fds=passed
            )
        except OSError as error:  # no memory, or too many processes
            self._come_again(f"could not be started ({error.strerror})")

    def look(self) -> None:
        """Read its signs, and start it again if needed."""
        if self._process is None:
            if time.monotonic() >= self._next_start:
                self.start()
            return
        self.signs.look()
        if self.signs.is_ready:
            self.was_ever_ready, self._failures, self._lost_job = True, 0, None
        if self._process.poll() is not None:
            self.signs.look()  # its last words
            self._come_again(_how_it_ended(self._process.returncode))
        elif trouble := self.signs.trouble():
            self._come_again(trouble)

    def _come_again(self, why: str) -> None:
        """End what is left of it, and start it at the next look, or later if it keeps failing."""
        if not self.signs.is_leaving:
            # A log on a full disk must not end the site.
            with contextlib.suppress(OSError):
                click.echo(f"{self.name} {why}. Starting it again.", err=True)
        self.kill()
        if self.signs.is_ready:
            self._lost_job = None if self.signs.is_leaving else self.signs.job
        else:
            self._failures += 1
        self._process = None
        pause = 0.0 if self._failures < 2 else min(2.0**self._failures / 4, LONGEST_PAUSE)  # noqa: PLR2004
        self._next_start = time.monotonic() + pause

    def ask_to_end(self) -> None:
        """Ask only the main process, which lets its children finish their work."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill what is left of the whole group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            # Not for longer: a process that waits for a disk may not even die.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=KILL_SECONDS)

    def wait(self, seconds: float) -> None:
        if self._process is not None:
            self._process.wait(timeout=seconds)


def _how_it_ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
