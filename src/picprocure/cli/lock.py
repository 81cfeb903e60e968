"""Locks of the data folder, which also hold after a process was killed.

`lock` is locked by the process that runs a whole site, and names it. `lock.family` is locked by
that process and all its children, until the last of them has ended. Web servers on their own have
the same two files for each port. `lock.users` is shared by all processes that use the folder, and
`lock.prepare` is locked while one of them prepares it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import click
from django.conf import settings
from django.utils import timezone

from picprocure.cli.prepare import PreparationFailed

# Longer than the grace period of the orphan guard.
LEFTOVER_SECONDS: Final = 10.0
KILL_SECONDS: Final = 5.0

_open_locks: list[IO[str]] = []  # open, and with that locked, until this process ends


def lock_folder(description: str, *, name: str = "lock") -> int:
    """Lock the data folder for one site, or for one web server on a port.

    Args:
        description: The site, for the message that a second one gets.
        name: The name of the lock's file.

    Returns:
        A descriptor that the site's processes must inherit.

    Raises:
        PreparationFailed: Another process has the lock. The message names it.
    """
    folder = _made_folder()
    lock = (folder / name).open("a+")
    if not _try_lock(lock):
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise PreparationFailed(
            f"{'A site' if name == 'lock' else 'It'} is already running on {folder}: {holder}. "
            "Stop it, or set PICPROCURE_DATA_DIR to another folder."
        )
    lock.truncate(0)
    lock.write(f"{description}, process {os.getpid()}, since {timezone.now():%Y-%m-%d %H:%M} UTC\n")
    lock.flush()
    family = (folder / f"{name}.family").open("a+")
    _open_locks.extend((lock, family))
    if not _try_lock(family):
        _end_leftovers(family, folder)
    return family.fileno()


@contextlib.contextmanager
def preparing_folder() -> Iterator[FolderUse]:
    """Let one process at a time prepare the folder, and mark the folder as used from then on."""
    folder = _made_folder()
    users = (folder / "lock.users").open("a+")
    _open_locks.append(users)
    with (folder / "lock.prepare").open("a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        is_alone = _try_lock(users)
        fcntl.flock(users, fcntl.LOCK_SH)
        yield FolderUse(is_alone, users.fileno())


@dataclass(frozen=True)
class FolderUse:
    """The use of the data folder by a process and its children.

    Attributes:
        is_alone: Whether no other process used the folder, so that leftovers can be removed.
        descriptor: A descriptor that all children must inherit.
    """

    is_alone: bool
    descriptor: int


def _made_folder() -> Path:
    folder: Path = settings.DATA_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_leftovers(family: IO[str], folder: Path) -> None:
    click.echo("The site was killed. Waiting for its remaining processes to end.", err=True)
    if _is_locked_within(LEFTOVER_SECONDS, family):
        return
    for group in _groups_with_open_file(Path(family.name)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    if not _is_locked_within(KILL_SECONDS, family):
        raise PreparationFailed(
            f"Processes of a killed site are still running on {folder}. Stop them first."
        )


def _is_locked_within(seconds: float, file: IO[str]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _try_lock(file):
            return True
        time.sleep(0.1)
    return False


def _groups_with_open_file(path: Path) -> set[int]:
    """Return the groups of other processes that have the file open. Works only on Linux."""
    groups = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if descriptor.samefile(path):
                groups.add(os.getpgid(int(descriptor.parts[2])))
    return groups - {os.getpgid(0)}
