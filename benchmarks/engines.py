"""Run face engines in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self, TypeVar

from original import OriginalEngine
from picprocure.faces.detectors import detector_named
from picprocure.faces.engine import DlibEngine, FaceEngine

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL: Final = "original"

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The name of a detector, or `ORIGINAL` for the system in `original.py`."""

    detector: str
    models: Path | None = None

    def engine(self) -> FaceEngine:
        """Make the engine.

        Raises:
            ModelMissing: The detector's model is missing.
            WrongModel: The file is not the detector's model.
        """
        if self.detector == ORIGINAL:
            return OriginalEngine()
        return DlibEngine(detector_named(self.detector, self.models))


class EnginePool:
    """Processes with an engine each. It is a context manager, which ends them."""

    def __init__(self, choice: EngineChoice, processes: int) -> None:
        spawn = multiprocessing.get_context("spawn")  # ONNX Runtime doesn't survive a fork
        self._pool = spawn.Pool(processes, _start, (choice,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()
        self._pool.join()

    def map(
        self, call: Callable[[FaceEngine, Task], Answer], tasks: Iterable[Task]
    ) -> list[Answer]:
        """Call a function of a module with an engine for each task, and return the results."""
        return self._pool.map(partial(_run, call), tasks, chunksize=1)


class _Process:
    engine: FaceEngine


def _start(choice: EngineChoice) -> None:
    _Process.engine = choice.engine()


def _run(call: Callable[[FaceEngine, Task], Answer], task: Task) -> Answer:
    return call(_Process.engine, task)
