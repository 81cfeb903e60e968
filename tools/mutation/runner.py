"""Run tests against mutants, each in a fork of a process that has everything loaded.

`MutationRun` is a plugin for pytest. It first runs the tests on the code as it is, and notes
which functions each test calls. Then it forks for each mutant, and the fork runs the tests that
call the changed function until one fails. A state of the database that tests share was made by the
code as it is, so a mutant is found by what the tests check, not by what the fixtures need.
"""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from mutation.mutants import Mutant

TIMES_LONGER, AND_SECONDS = 10, 60  # before a mutant counts as endless


class Outcome(Enum):
    """What became of a mutant; the value is the exit status of its process."""

    SURVIVED = 0
    KILLED = 1
    BROKEN = 2
    ENDLESS = -signal.SIGALRM


OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class MutationRun:
    """The plugin; ``outcomes`` has a row for each mutant when pytest has ended."""

    def __init__(
        self, mutants: Sequence[Mutant], processes: int, tell: Callable[[str], None]
    ) -> None:
        self.mutants = mutants
        self.processes = processes
        self.tell = tell
        self.outcomes: list[tuple[Mutant, Outcome]] = []
        self._failed = False
        self._durations: dict[pytest.Item, float] = {}
        self._tests: dict[CodeType, list[pytest.Item]] = defaultdict(list)
        self._running: dict[int, Mutant] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("the tests can't be collected")
        self._run_all(session)
        for mutant in self.mutants:
            while len(self._running) >= self.processes:
                self._wait()
            self._running[self._fork(session, mutant)] = mutant
        while self._running:
            self._wait()
        return True

    def _run_all(self, session: pytest.Session) -> None:
        """Run the tests on the code as it is."""
        files = {inspect.getfile(importlib.import_module(mutant.module)) for mutant in self.mutants}
        for item in session.items:
            start = time.monotonic()
            with calls_noted(files) as called:
                run(item, session)
            self._durations[item] = time.monotonic() - start
            for code in called:
                self._tests[code].append(item)
            if self._failed:
                raise session.Failed(f"{item.nodeid} fails on the code as it is")

    def _fork(self, session: pytest.Session, mutant: Mutant) -> int:
        function = function_named(mutant.function, vars(importlib.import_module(mutant.module)))
        tests = sorted(self._tests[function.__code__], key=self._durations.__getitem__)
        sys.stdout.flush()
        with warnings.catch_warnings(action="ignore"):  # the decoders of pictures stay behind
            process = os.fork()
        if process:
            return process
        outcome = Outcome.BROKEN
        try:
            silence()
            seconds = sum(self._durations[test] for test in tests)
            signal.alarm(int(TIMES_LONGER * seconds) + AND_SECONDS)
            become(function, mutant)
            outcome = self._first_failure(session, tests)
        finally:
            os._exit(outcome.value)

    def _first_failure(self, session: pytest.Session, tests: Sequence[pytest.Item]) -> Outcome:
        for test in tests:
            run(test, session)
            if self._failed:
                return Outcome.KILLED
        return Outcome.SURVIVED

    def _wait(self) -> None:
        process, status = os.wait()
        mutant = self._running.pop(process)
        outcome = OUTCOMES.get(os.waitstatus_to_exitcode(status), Outcome.BROKEN)
        self.outcomes.append((mutant, outcome))
        if outcome is not Outcome.KILLED:
            self.tell(f"{len(self.outcomes)}/{len(self.mutants)} {outcome.name.lower()}: {mutant}")


def run(item: pytest.Item, session: pytest.Session) -> None:
    """Run one test, and leave only what belongs to the whole session."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)


@contextmanager
def calls_noted(files: set[str]) -> Iterator[set[CodeType]]:
    """Yield a set that receives the code of each function of these files that is called."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in files:
            called.add(frame.f_code)

    sys.settrace(note)
    try:
        yield called
    finally:
        sys.settrace(None)


def become(function: FunctionType, mutant: Mutant) -> None:
    """Let a function do what a mutant does, wherever it was imported."""
    namespace: dict[str, Any] = {"__name__": mutant.module}
    exec(compile(mutant.source, function.__code__.co_filename, "exec"), namespace)  # noqa: S102
    mutated = function_named(mutant.function, namespace)
    function.__code__ = mutated.__code__
    function.__defaults__ = mutated.__defaults__
    function.__kwdefaults__ = mutated.__kwdefaults__


def function_named(name: str, namespace: dict[str, Any]) -> FunctionType:
    """Return the function of a qualified name, without its decorators."""
    first, *rest = name.split(".")
    found = namespace[first]
    for part in rest:
        found = inspect.getattr_static(found, part)
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, (classmethod, staticmethod)):
        found = found.__func__
    function: FunctionType = inspect.unwrap(found)
    return function


def silence() -> None:
    """Discard what this process prints."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
