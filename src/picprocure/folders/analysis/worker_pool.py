"""Processes that look at photos, one photo each at a time, whatever happens to them."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from typing import TYPE_CHECKING, Final, Self

from picprocure.faces.errors import ModelError
from picprocure.folders.analysis.types import Analysis
from picprocure.folders.analysis.worker import READY, work
from picprocure.folders.errors import AnalysisStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.process import BaseProcess

    from picprocure.faces.engine import FaceEngine
    from picprocure.folders.analysis.types import Job

MAX_FAILED_STARTS: Final = 3
"""In a row: then it is not bad luck."""

END_SECONDS: Final = 2

# A new interpreter for each: ONNX Runtime must not be copied by a fork.
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Worker:
    process: BaseProcess
    connection: connection.Connection
    is_ready: bool = False
    job: Job | None = None

    @classmethod
    def started(cls, make_engine: Callable[[], FaceEngine]) -> Self:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=work, args=(theirs, make_engine), daemon=True)
        _start_deaf_to_ctrl_c(process)
        theirs.close()  # or its end would go unnoticed
        return cls(process, ours)

    def take(self, job: Job) -> bool:
        """Whether it still could."""
        try:
            self.connection.send(job)
        except OSError:
            return False
        self.job = job
        return True

    def end(self) -> None:
        """At once, in the middle of whatever it does."""
        self.process.terminate()
        self.process.join(END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _start_deaf_to_ctrl_c(process: BaseProcess) -> None:
    """A process hears no Ctrl-C before it could say that it doesn't want to; ours waits."""
    resource_tracker.ensure_running()  # starting it would undo the mask
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Workers:
    """``count`` processes at most, started when there is something to do for them.

    A context: at its end all of them are gone.
    """

    def __init__(self, make_engine: Callable[[], FaceEngine], count: int) -> None:
        self._make_engine = make_engine
        self._count = count
        self._workers: list[Worker] = []
        self._returned: deque[Job] = deque()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_all()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Analysis]]:
        """Every job with its analysis, in the order in which they are done.

        A photo during which its process ends is looked at once more when all others are done, by
        one process that has the machine for itself; if that ends, too, it is set aside.

        Raises ``AnalysisStopped`` when no process can be started or the engine can't work.
        """
        stopped: list[Job] = []
        yield from self._run(iter(jobs), self._count, stopped)
        if stopped:
            self._end_all()
            stopped_again: list[Job] = []
            yield from self._run(iter(stopped), 1, stopped_again)
            for job in stopped_again:
                yield job, Analysis(error=_set_aside(job))

    def _run(
        self, jobs: Iterator[Job], count: int, stopped: list[Job]
    ) -> Iterator[tuple[Job, Analysis]]:
        while self._hand_out(jobs, count):
            for worker in self._answering():
                try:
                    answer = worker.connection.recv()
                except (EOFError, OSError):
                    self._bury(worker, stopped)
                    continue
                if isinstance(answer, ModelError):
                    raise AnalysisStopped(str(answer))
                if answer == READY:
                    worker.is_ready = True
                    self._failed_starts = 0
                elif worker.job is not None:
                    job, worker.job = worker.job, None
                    yield job, answer

    def _hand_out(self, jobs: Iterator[Job], count: int) -> bool:
        """Give everyone who is idle a job; whether anybody is at work then."""
        while sum(worker.job is not None for worker in self._workers) < count:
            job = self._returned.popleft() if self._returned else next(jobs, None)
            if job is None:
                break
            while not self._idle_worker().take(job):
                self._forget_the_dead()
        return any(worker.job is not None for worker in self._workers)

    def _idle_worker(self) -> Worker:
        for worker in self._workers:
            if worker.job is None:
                return worker
        worker = Worker.started(self._make_engine)
        self._workers.append(worker)
        return worker

    def _forget_the_dead(self) -> None:
        """Those who died while they had nothing to do."""
        for worker in [worker for worker in self._workers if worker.job is None]:
            self._workers.remove(worker)
            worker.end()

    def _answering(self) -> list[Worker]:
        busy = {worker.connection: worker for worker in self._workers if worker.job is not None}
        return [
            busy[one] for one in connection.wait(busy) if isinstance(one, connection.Connection)
        ]

    def _bury(self, worker: Worker, stopped: list[Job]) -> None:
        """The process is gone; what it had in hand is tried again."""
        self._workers.remove(worker)
        worker.end()
        if worker.job is None:
            return
        if worker.is_ready:
            stopped.append(worker.job)
            return
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise AnalysisStopped(
                f"The analysis processes stop as soon as they start (exit code "
                f"{worker.process.exitcode}). There may be too little memory. Try --workers 1."
            )
        self._returned.append(worker.job)

    def _end_all(self) -> None:
        for worker in self._workers:
            worker.process.terminate()  # all of them first, then each is waited for
        while self._workers:
            self._workers.pop().end()


def _set_aside(job: Job) -> str:
    return (
        f"{job.name} stopped the analysis twice, so it was skipped. It may need too much memory. "
        "Export it smaller and try again."
    )
