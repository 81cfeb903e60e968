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
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

TIMES_LONGER, AND_SECONDS = 10, 60  # before a mutant counts as endless
PAUSE_SECONDS = 0.02
PROGRESS_EVERY = 50  # mutants


@dataclass(frozen=True)
class Mutant:
    """A module's source with one change, in the function of this qualified name."""

    module: str
    function: str
    source: str
    change: str

    def __str__(self) -> str:
        return f"{self.module}.{self.function}\n{self.change}"


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
        self._check_forks(session)
        for mutant in self.mutants:
            while len(self._running) >= self.processes:
                self._wait()
            self._running[self._try(session, mutant)] = mutant
        while self._running:
            self._wait()
        return True

    def _run_all(self, session: pytest.Session) -> None:
        """Run the tests on the code as it is."""
        modules = [
            importlib.import_module(name) for name in {mutant.module for mutant in self.mutants}
        ]
        files = {inspect.getfile(module) for module in modules}
        for item in session.items:
            for module in modules:
                clear_caches(module)
            start = time.monotonic()
            with calls_noted(files) as called:
                run(item, session)
            self._durations[item] = time.monotonic() - start
            for code in called:
                self._tests[code].append(item)
            if self._failed:
                raise session.Failed(f"{item.nodeid} fails on the code as it is")

    def _check_forks(self, session: pytest.Session) -> None:
        """Run the tests in a fork that changes nothing, in case that forking is what fails."""
        process = self._fork(session, session.items)
        _, status = os.waitpid(process, 0)
        if status:
            raise session.Failed("the tests fail in a fork, on the code as it is")

    def _try(self, session: pytest.Session, mutant: Mutant) -> int:
        named = member_named(mutant.function, vars(importlib.import_module(mutant.module)))
        tests = self._tests[undecorated(named).__code__]
        return self._fork(session, tests, lambda: become(named, mutant))

    def _fork(
        self,
        session: pytest.Session,
        tests: Sequence[pytest.Item],
        change: Callable[[], None] = lambda: None,
    ) -> int:
        """Run tests after a change in a new process, the quickest first; return its id."""
        with warnings.catch_warnings(action="ignore"):  # the decoders of pictures stay behind
            process = os.fork()
        if process:
            return process
        outcome = Outcome.BROKEN
        try:
            session.config.pluginmanager.unregister(name="terminalreporter")
            seconds = sum(self._durations[test] for test in tests)
            signal.alarm(int(TIMES_LONGER * seconds) + AND_SECONDS)
            change()
            outcome = self._first_failure(session, sorted(tests, key=self._durations.__getitem__))
        finally:
            os._exit(outcome.value)

    def _first_failure(self, session: pytest.Session, tests: Sequence[pytest.Item]) -> Outcome:
        for test in tests:
            run(test, session)
            if self._failed:
                return Outcome.KILLED
        return Outcome.SURVIVED

    def _wait(self) -> None:
        """Note the outcomes of mutants whose process has ended."""
        time.sleep(PAUSE_SECONDS)
        for process in list(self._running):  # and of no other child of this process
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                self._note(self._running.pop(process), os.waitstatus_to_exitcode(status))

    def _note(self, mutant: Mutant, exit_code: int) -> None:
        outcome = OUTCOMES.get(exit_code, Outcome.BROKEN)
        self.outcomes.append((mutant, outcome))
        if outcome is not Outcome.KILLED:
            self.tell(f"{outcome.name.capitalize()}: {mutant}")
        if len(self.outcomes) % PROGRESS_EVERY == 0:
            self.tell(f"{len(self.outcomes)} of {len(self.mutants)} are done.")


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


def become(named: Any, mutant: Mutant) -> None:
    """Let a function do what a mutant does, wherever it was imported."""
    function = undecorated(named)
    namespace: dict[str, Any] = {"__name__": mutant.module}
    exec(compile(mutant.source, function.__code__.co_filename, "exec"), namespace)  # noqa: S102
    mutated = undecorated(member_named(mutant.function, namespace))
    function.__code__ = mutated.__code__
    function.__defaults__ = mutated.__defaults__
    function.__kwdefaults__ = mutated.__kwdefaults__
    if hasattr(named, "cache_clear"):  # what it returned before
        named.cache_clear()
    clear_caches(sys.modules[mutant.module])


def clear_caches(module: ModuleType) -> None:
    """Clear what functions and prepared queries of a module keep, so that they are called again."""
    for member in vars(module).values():
        if hasattr(type(member), "cache_clear"):
            member.cache_clear()


def member_named(name: str, namespace: dict[str, Any]) -> Any:
    """Return what has a qualified name, as its decorators made it."""
    first, *rest = name.split(".")
    found = namespace[first]
    for part in rest:
        found = inspect.getattr_static(found, part)
    return found


def undecorated(named: Any) -> FunctionType:
    """Return a function or method without its decorators."""
    if isinstance(named, property):
        named = named.fget
    elif isinstance(named, cached_property):
        named = named.func
    elif isinstance(named, (classmethod, staticmethod)):
        named = named.__func__
    function: FunctionType = inspect.unwrap(named)
    return function
