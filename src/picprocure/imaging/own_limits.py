"""Limits that a process sets for itself before it decodes a photo."""

from __future__ import annotations

import contextlib
import math
import os
import resource
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """Memory in bytes: `reserved` address space, and `resident` memory."""

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
    """Let this process use this much more memory; beyond that, it gets a MemoryError."""
    has = memory().reserved
    if has:
        _set_soft(resource.RLIMIT_AS, has + more_bytes)


def limit_seconds(more_seconds: int) -> None:
    """Let this process use this much more processor time; then the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime) + more_seconds
    _set_soft(resource.RLIMIT_CPU, seconds)


def _set_soft(limit: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # not every system has each of them
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
