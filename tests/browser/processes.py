"""Processes as `ps` shows them, on Linux and macOS alike."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    group: int
    state: str
    command: str

    @property
    def is_alive(self) -> bool:
        """A zombie is over: it only waits for its parent to look."""
        return not self.state.startswith("Z")


def all_processes() -> list[Process]:
    columns = ["-A", "-o", "pid=,ppid=,pgid=,state=,command="]
    listing = subprocess.run(["ps", "-ww", *columns], capture_output=True, text=True, check=True)
    return [_read(line) for line in listing.stdout.splitlines()]


def descendants(of: int) -> list[Process]:
    """Return the living descendants of a process."""
    everything = [process for process in all_processes() if process.is_alive]
    family = {of}
    while more := {p.pid for p in everything if p.parent in family} - family:
        family |= more
    return [process for process in everything if process.pid in family - {of}]


def alive_in_groups(groups: set[int]) -> list[Process]:
    """Return the processes of some process groups that still run."""
    return [process for process in all_processes() if process.group in groups and process.is_alive]


def kill(processes: list[Process]) -> None:
    """Send SIGKILL, so that nothing is cleaned up."""
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)


def _read(line: str) -> Process:
    pid, parent, group, state, command = line.split(None, 4)
    return Process(int(pid), int(parent), int(group), state, command)
