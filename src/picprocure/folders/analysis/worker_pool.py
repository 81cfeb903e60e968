"""A pool of worker processes that survives crashes caused by single photos."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from typing import TYPE_CHECKING, Final, Self

from picprocure.faces.errors import ModelError
from picprocure.folders.analysis.types import READY, Analysis
from picprocure.folders.errors import AnalysisStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.process import BaseProcess

    from picprocure.faces.engine import FaceEngine
    from picprocure.folders.analysis.types import Job

MAX_FAILED_STARTS: Final = 3
"""Consecutive failures after which the run is stopped."""

END_SECONDS: Final = 2

# Start a new interpreter for each process: ONNX Runtime does not survive a fork.
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Worker:
    """A worker process with its connection.

    Attributes:
        is_ready: Whether the process has created its engine.
        job: The job that the process works on, if any.
    """

    process: BaseProcess
    connection: connection.Connection
    is_ready: bool = False
    job: Job | None = None

    @classmethod
    def start(cls, make_engine: Callable[[], FaceEngine]) -> Self:
        """Start a process. It is ready when it answers READY."""
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(theirs, make_engine), daemon=True)
        _start_ignoring_interrupts(process)
        theirs.close()  # otherwise the end of the process would not close the connection
        return cls(process, ours)

    def take(self, job: Job) -> bool:
        """Send a job. Return False if the process has ended."""
        try:
            self.connection.send(job)
        except OSError:
            return False
        self.job = job
        return True

    def end(self) -> None:
        """End the process immediately, even in the middle of a job."""
        self.process.terminate()
        self.process.join(END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _work(connection: connection.Connection, make_engine: Callable[[], FaceEngine]) -> None:
    # The main process doesn't decode photos, and starts faster without the readers.
    from picprocure.folders.analysis.worker import work  # noqa: PLC0415

    work(connection, make_engine)


def _start_ignoring_interrupts(process: BaseProcess) -> None:
    """Start a process with SIGINT blocked.

    A process can't ignore Ctrl-C before its first line of Python has run. Ctrl-C in this process is
    delivered after the start.
    """
    resource_tracker.ensure_running()  # starting it later would reset the mask
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Workers:
    """At most `count` worker processes, started when there are jobs for them.

    This is a context manager. All processes have ended when it exits.
    """

    def __init__(self, make_engine: Callable[[], FaceEngine], count: int) -> None:
        self._make_engine = make_engine
        self._count = count
        self._workers: list[Worker] = []
        self._unstarted: deque[Job] = deque()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_all()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Analysis]]:
        """Yield each job with its analysis, in the order of completion.

        A job whose process crashes is tried once more after all others, by a single process that
        has the machine to itself. If that process crashes, too, the analysis contains an error.

        Raises:
            AnalysisStopped: No process can be started, or the engine can't work.
        """
        crashed: list[Job] = []
        yield from self._run(iter(jobs), self._count, crashed)
        if crashed:
            self._end_all()
            crashed_again: list[Job] = []
            yield from self._run(iter(crashed), 1, crashed_again)
            for job in crashed_again:
                yield job, Analysis(error=_crash_message(job))

    def _run(
        self, jobs: Iterator[Job], count: int, crashed: list[Job]
    ) -> Iterator[tuple[Job, Analysis]]:
        while self._assign_jobs(jobs, count):
            for worker in self._workers_with_answers():
                try:
                    answer = worker.connection.recv()
                except (EOFError, OSError):
                    self._handle_crash(worker, crashed)
                    continue
                if isinstance(answer, ModelError):
                    raise AnalysisStopped(str(answer))
                if answer == READY:
                    worker.is_ready = True
                    self._failed_starts = 0
                elif worker.job is not None:
                    job, worker.job = worker.job, None
                    yield job, answer

    def _assign_jobs(self, jobs: Iterator[Job], count: int) -> bool:
        """Give a job to each idle process, and return whether any process is busy."""
        while sum(worker.job is not None for worker in self._workers) < count:
            job = self._unstarted.popleft() if self._unstarted else next(jobs, None)
            if job is None:
                break
            while not self._idle_worker().take(job):
                self._remove_dead_workers()
        return any(worker.job is not None for worker in self._workers)

    def _idle_worker(self) -> Worker:
        for worker in self._workers:
            if worker.job is None:
                return worker
        worker = Worker.start(self._make_engine)
        self._workers.append(worker)
        return worker

    def _remove_dead_workers(self) -> None:
        """Remove the processes that ended while they were idle."""
        for worker in [worker for worker in self._workers if worker.job is None]:
            self._workers.remove(worker)
            worker.end()

    def _workers_with_answers(self) -> list[Worker]:
        busy = {worker.connection: worker for worker in self._workers if worker.job is not None}
        return [
            busy[ready]
            for ready in connection.wait(busy)
            if isinstance(ready, connection.Connection)
        ]

    def _handle_crash(self, worker: Worker, crashed: list[Job]) -> None:
        """Remove a process that has ended, and keep its job for another try."""
        self._workers.remove(worker)
        worker.end()
        if worker.job is None:
            return
        if worker.is_ready:
            crashed.append(worker.job)
            return
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise AnalysisStopped(
                f"The analysis processes stop as soon as they start (exit code "
                f"{worker.process.exitcode}). There may be too little memory. Try --workers 1."
            )
        self._unstarted.append(worker.job)

    def _end_all(self) -> None:
        for worker in self._workers:
            worker.process.terminate()  # signal all processes before waiting for the first
        while self._workers:
            self._workers.pop().end()


def _crash_message(job: Job) -> str:
    return (
        f"{job.name} stopped the analysis twice, so it was skipped. It may need too much memory. "
        "Export it smaller and try again."
    )
