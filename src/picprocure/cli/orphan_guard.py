"""Ends the site's processes when their supervisor is killed.

It reads the running process groups from a pipe, as lines with `+PID` or `-PID`. When the pipe
closes, the supervisor has ended. The groups get a few seconds to end, and are then killed. This
file is run by its path and imports nothing of the site.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

GRACE_SECONDS = 5.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the pipe
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[0], int(line[1:])
        groups = groups | {group} if change == "+" else groups - {group}
    end(groups)


def end(groups: set[int]) -> None:
    signal_all(groups, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(is_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.1)
    signal_all(groups, signal.SIGCONT)
    signal_all(groups, signal.SIGKILL)


def signal_all(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def is_alive(group: int) -> bool:
    """Return whether a process of the group still runs. Zombies don't count."""
    if sys.platform == "linux":
        return any(states_in(group))
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def states_in(group: int) -> Iterator[bool]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # PID (NAME) STATE PPID PGRP …; the name may contain any character.
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group:
                yield state not in "ZX"


if __name__ == "__main__":
    main()
