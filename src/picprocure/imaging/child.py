"""A process that decodes: it is asked for functions, one after the other, and ends when idle."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from picprocure.imaging.answers import READY, packed
from picprocure.imaging.own_limits import limit_memory, limit_seconds, memory

if TYPE_CHECKING:
    from collections.abc import Sequence

IDLE_SECONDS: Final = 300

MOST_BYTES_AT_REST: Final = 200_000_000
"""A process that keeps more than this after a picture makes room for a new one: at rest it has
60 MB."""


def main(fd: int, path: Sequence[str]) -> None:
    """Answer what is asked for through a socket, until nobody does."""
    sys.path[:] = path
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who ask
    _give_up_rights()
    with Connection(fd) as connection, contextlib.suppress(EOFError, OSError):
        connection.send_bytes(packed(READY))
        while connection.poll(IDLE_SECONDS) and memory().resident < MOST_BYTES_AT_REST:
            connection.send_bytes(_answer_to(connection))


def _answer_to(connection: Connection) -> bytes:
    limits, function, args, kwargs = connection.recv()
    limit_seconds(limits.seconds)
    limit_memory(limits.memory)
    try:
        return packed(function(*args, **kwargs))
    except (Exception, MemoryError) as error:  # noqa: BLE001  (it is raised where it was asked for)
        return packed(error)


def _give_up_rights() -> None:
    """It writes no file and no core, and is the first to go when the machine has no memory."""
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    with contextlib.suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text("1000")
