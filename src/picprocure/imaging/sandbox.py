"""Decode pictures in child processes with limits on time and memory.

Decoders are written in C and C++ and read files from strangers. A picture that takes too much ends
only its own process, and the site goes on serving pages.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from picprocure.imaging.errors import Busy, GaveUp
from picprocure.imaging.sandbox_results import Failed, answer_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

DECODERS: Final = 2
"""Decoders for each process that serves pages. One person can use one at a time."""

WAIT_SECONDS: Final = 15.0
"""How long a request waits for a free decoder. Few people wait longer for a page."""

MAX_WAITING: Final = 16
"""Threads that may wait for a decoder. Further requests are refused at once."""

MAX_STRIKES: Final = 3
"""Pictures of one request that may end their decoder. After that, the rest is not decoded."""

MIN_SECONDS: Final = 5
SECONDS_PER_MEGAPIXEL: Final = 0.25
"""Processor time. Checking and converting a TIFF with transparency takes .13, and a WebP .15."""

PATIENCE: Final = 6
"""The limit on elapsed time is this many times that on processor time, since machines are busy."""

MIN_BYTES: Final = 256_000_000
BYTES_PER_PIXEL: Final = 24
"""Memory. A picture with transparency takes 20 while it is put on white and converted to sRGB."""

START_SECONDS: Final = 60
END_SECONDS: Final = 1

_BOOT: Final = "from picprocure.imaging.sandbox_process import main; main({fd}, {path!r})"
# Without the settings and their secrets.
_KEPT_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL")


@dataclass(slots=True)
class Person:
    """The person whose pictures are decoded.

    Attributes:
        key: Identifies the person.
        strikes: Pictures of this request that ended their decoder.
    """

    key: Hashable
    strikes: int = 0


served: ContextVar[Person | None] = ContextVar("served", default=None)
"""The person whose request is being answered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding one picture may take.

    Attributes:
        seconds: Processor time.
        memory: Bytes, in addition to those of an idle process.
    """

    seconds: int
    memory: int

    @classmethod
    def for_pixels(cls, max_pixels: int) -> Limits:
        """Return the limits for a picture of up to this many pixels."""
        return cls(
            math.ceil(MIN_SECONDS + SECONDS_PER_MEGAPIXEL * max_pixels / 1_000_000),
            MIN_BYTES + BYTES_PER_PIXEL * max_pixels,
        )


class Child:
    """A process that decodes, in its own interpreter."""

    def __init__(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _BOOT.format(fd=theirs.fileno(), path=sys.path)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
            )
        try:
            self._received(START_SECONDS)
        except (EOFError, GaveUp) as error:
            self.end()
            raise RuntimeError("A process to decode pictures can't be started.") from error

    def ask(self, limits: Limits, *request: Any) -> Any:
        """Run a function in the process, and return its result.

        Args:
            limits: What it may take.
            request: The function, its positional arguments and its keyword arguments.

        Raises:
            GaveUp: The function took too long, or its answer can't be read.
            EOFError: The process has ended.
            Exception: Any error that the function raises.
        """
        try:
            self._connection.send((limits, *request))
        except OSError as error:
            raise EOFError from error
        answer = self._received(PATIENCE * limits.seconds)
        if isinstance(answer, Failed):
            raise answer.error
        return answer

    def ended_by_others(self) -> bool:
        """Return whether it ended because it was idle or too large, or was killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(END_SECONDS) in {0, -signal.SIGKILL}
        return False

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _received(self, seconds: float) -> Any:
        try:
            if not self._connection.poll(seconds):
                raise GaveUp
            answer = self._connection.recv_bytes()
        except OSError as error:
            raise EOFError from error
        try:
            return answer_in(answer)
        except Exception as error:
            raise GaveUp from error


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class Decoder:
    """A decoder that one caller has taken from `Decoders`.

    Its process, `child`, is started when it is needed.
    """

    def __init__(self, child: Child | None, person: Person | None) -> None:
        self.child = child
        self._person = person

    def __call__(
        self, max_pixels: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of a module in the child process, and return its result.

        If something else ended the process, such as the system when memory ran out, the function
        runs once more in a new one.

        Args:
            max_pixels: The largest picture that the function decodes. It sets the limits.
            function: The function. It and its arguments are pickled.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Raises:
            GaveUp: The function took too much time or memory, or the person has too many strikes.
            Exception: Any error that the function raises.
        """
        if self._person and self._person.strikes >= MAX_STRIKES:
            raise GaveUp("other photos sent with it took more time or memory than photos need")
        try:
            answer: T = self._answer(Limits.for_pixels(max_pixels), function, args, kwargs)
        except GaveUp:
            if self._person:
                self._person.strikes += 1
            self._bury()
            raise
        return answer

    def _answer(self, *request: Any, may_retry: bool = True) -> Any:
        self.child = self.child or Child()
        try:
            return self.child.ask(*request)
        except EOFError as error:
            was_the_pictures_fault = not self.child.ended_by_others()
            self._bury()
            if was_the_pictures_fault or not may_retry:
                raise GaveUp from error
        return self._answer(*request, may_retry=False)

    def _bury(self) -> None:
        if self.child:
            self.child.end()
            self.child = None


class Decoders:
    """Up to `count` child processes, started when they are needed. Thread-safe."""

    def __init__(self, count: int = DECODERS, wait_seconds: float = WAIT_SECONDS) -> None:
        self.count = count
        self.wait_seconds = wait_seconds
        self.forget()

    def forget(self) -> None:
        """Forget all children after a fork: they belong to the parent process."""
        self._idle: list[Child] = []
        self._busy: set[Hashable] = set()
        self._waiting = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def decoder(self) -> Iterator[Decoder]:
        """Take a decoder until the end of the block.

        Raises:
            Busy: Too many threads wait already, or no decoder became free in time.
        """
        person = served.get()
        key = person.key if person else object()
        decoder = Decoder(self._take(key), person)
        try:
            yield decoder
        finally:
            self._give_back(key, decoder.child)

    def _take(self, key: Hashable) -> Child | None:
        with self._changed:
            if not self._is_free(key):
                self._wait(key)
            self._busy.add(key)
            return self._idle.pop() if self._idle else None

    def _wait(self, key: Hashable) -> None:
        """Wait until this person may take a decoder, or raise Busy."""
        if self._waiting >= MAX_WAITING:
            raise Busy
        self._waiting += 1
        is_free = self._changed.wait_for(lambda: self._is_free(key), self.wait_seconds)
        self._waiting -= 1
        if not is_free:
            raise Busy

    def _is_free(self, key: Hashable) -> bool:
        return len(self._busy) < self.count and key not in self._busy

    def _give_back(self, key: Hashable, child: Child | None) -> None:
        with self._changed:
            self._busy.discard(key)
            if child:
                self._idle.append(child)
            self._changed.notify_all()

    def end(self) -> None:
        """End the idle child processes."""
        with self._changed:
            while self._idle:
                self._idle.pop().end()


_decoders: Final = Decoders()
atexit.register(_decoders.end)
os.register_at_fork(after_in_child=_decoders.forget)

decoder = _decoders.decoder
