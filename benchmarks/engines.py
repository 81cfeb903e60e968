"""Run face engines in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self, TypeVar

from original import OriginalEngine
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.engine import ComposedEngine, FaceEngine
from picprocure.faces.models.alternatives import AUTO

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL: Final = "original"

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The names of a detector and an embedder.

    The detector `ORIGINAL` is the system in `original.py`, with its own embedder.
    """

    detector: str
    models: Path | None = None
    embedder: str = AUTO

    @property
    def name(self) -> str:
        return self.detector if self.detector == ORIGINAL else f"{self.detector} + {self.embedder}"

    def engine(self) -> FaceEngine:
        """Make the engine.

        Raises:
            ModelMissing: A model is missing.
            WrongModel: The file is not the model.
        """
        if self.detector == ORIGINAL:
            return OriginalEngine()
        return ComposedEngine(
            DETECTORS.named(self.detector, self.models), EMBEDDERS.named(self.embedder, self.models)
        )


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
