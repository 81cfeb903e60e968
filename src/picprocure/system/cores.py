"""How many processor cores this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return how many processes can compute at a time.

    In a container these may be fewer than the machine has. Python 3.13 has
    `os.process_cpu_count` for this.
    """
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
