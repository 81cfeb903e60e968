"""Functions that tests run in a decoder, good and bad ones."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import NoReturn

from picprocure.imaging.errors import TooLarge


def add(first: int, second: int) -> int:
    return first + second


def pid() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def spin() -> None:
    while True:
        pass


def rest(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def fill(count: int) -> int:
    return len(bytes(count))


def keep(count: int) -> int:
    """Use more memory than is allowed at rest."""
    globals()["kept"] = os.urandom(count)
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def killed() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL did not end this process")


def killed_once(folder: str) -> int:
    try:
        os.mkdir(f"{folder}/before")  # noqa: PTH102
    except FileExistsError:
        return os.getpid()
    killed()


def leave() -> None:
    sys.exit(3)


def write(path: str) -> None:
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"x" * 100)


def refuse() -> None:
    raise TooLarge(3, 4)


def stumble() -> None:
    raise ZeroDivisionError("a fault of ours")


class Evil:
    """A call that a decoder under attack may want the other process to make."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)


def take_over() -> Evil:
    return Evil()


class EvilByUs:
    """The same with classes of this project."""

    def __reduce__(self) -> tuple[object, ...]:
        from picprocure.imaging.sandbox import Child  # noqa: PLC0415

        return Child, ()


def take_over_by_us() -> EvilByUs:
    return EvilByUs()
