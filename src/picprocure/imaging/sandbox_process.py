"""The process that decodes pictures. It runs one function after another, and ends when idle."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from picprocure.imaging.process_limits import limit_memory, limit_seconds, memory
from picprocure.imaging.sandbox_results import READY, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

IDLE_SECONDS: Final = 300

MAX_BYTES_AT_REST: Final = 200_000_000
"""If the process still uses more memory than this after a picture, it ends, and a new one takes its
place. An idle process uses 60 MB."""


def main(fd: int, path: Sequence[str]) -> None:
    """Answer requests until none have come for a while.

    Args:
        fd: The descriptor of the socket.
        path: The `sys.path` of the process that asks.
    """
    sys.path[:] = path
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    _give_up_rights()
    with Connection(fd) as connection, contextlib.suppress(EOFError, OSError):
        connection.send_bytes(packed(READY))
        while connection.poll(IDLE_SECONDS) and memory().resident < MAX_BYTES_AT_REST:
            connection.send_bytes(_answer_to(connection))


def _answer_to(connection: Connection) -> bytes:
    limits, function, args, kwargs = connection.recv()
    limit_seconds(limits.seconds)
    limit_memory(limits.memory)
    try:
        return packed(function(*args, **kwargs))
    except (Exception, MemoryError) as error:  # noqa: BLE001  (the process that asked raises it)
        return packed(error)


def _give_up_rights() -> None:
    """Give up the right to write files and core dumps, and let the system kill this process first.

    It does so when memory runs out.
    """
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    with contextlib.suppress(OSError):  # only Linux has this
        Path("/proc/self/oom_score_adj").write_text("1000")
