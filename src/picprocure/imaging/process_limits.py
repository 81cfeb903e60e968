"""Limits on memory and time that a process sets for itself before it decodes a photo."""

from __future__ import annotations

import contextlib
import math
import os
import resource
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """The memory of a process, in bytes.

    Attributes:
        reserved: Its address space.
        resident: What is in physical memory.
    """

    reserved: int
    resident: int


def memory() -> Memory:
    """Return this process's memory; zeros if the system doesn't tell."""
    try:
        reserved, resident, *_ = map(int, Path("/proc/self/statm").read_text().split())
    except OSError:
        return Memory(0, 0)
    page = os.sysconf("SC_PAGE_SIZE")
    return Memory(reserved * page, resident * page)


def limit_memory(more_bytes: int) -> None:
    """Limit the memory of this process to this many more bytes. Beyond it, it gets MemoryError."""
    has = memory().reserved
    if has:
        _set_soft(resource.RLIMIT_AS, has + more_bytes)


def limit_seconds(more_seconds: int) -> None:
    """Limit this process to this much more processor time. Beyond it, the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime) + more_seconds
    _set_soft(resource.RLIMIT_CPU, seconds)


def _set_soft(limit: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # some systems don't have all of them
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
