"""Locks that allow one site for each data folder, and none beside processes of a killed one.

There are two files. `lock` is locked by the process that runs the site, and names it. `lock.family`
is locked by that process and all that it starts, until the last of them has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import IO, Final

import click
from django.conf import settings
from django.utils import timezone

from picprocure.cli.prepare import PreparationFailed

# Longer than the orphan guard waits.
LEFT_SECONDS: Final = 10.0
KILLED_SECONDS: Final = 5.0

_held: list[IO[str]] = []  # open, and with that locked, until this process ends


def lock_folder(what: str) -> int:
    """Lock the data folder for the site that ``what`` describes.

    Returns:
        A descriptor for the site's processes to inherit.

    Raises:
        PreparationFailed: Another site runs there. The message says which.
    """
    folder = settings.DATA_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = (folder / "lock").open("a+")
    if not _locked(own):
        own.seek(0)
        holder = own.read().strip() or "another process"
        own.close()
        raise PreparationFailed(
            f"A site is already running on {folder}: {holder}. "
            "Stop it, or set PICPROCURE_DATA_DIR to another folder."
        )
    own.truncate(0)
    own.write(f"{what}, process {os.getpid()}, since {timezone.now():%Y-%m-%d %H:%M} UTC\n")
    own.flush()
    family = (folder / "lock.family").open("a+")
    _held.extend((own, family))
    if not _locked(family):
        _end_leftovers(family, folder)
    return family.fileno()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_leftovers(family: IO[str], folder: Path) -> None:
    click.echo("The site was killed. Waiting for its remaining processes to end.", err=True)
    if _is_locked_within(LEFT_SECONDS, family):
        return
    for group in _groups_that_have_open(folder / "lock.family"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    if not _is_locked_within(KILLED_SECONDS, family):
        raise PreparationFailed(
            f"Processes of a killed site are still running on {folder}. Stop them first."
        )


def _is_locked_within(seconds: float, file: IO[str]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _locked(file):
            return True
        time.sleep(0.1)
    return False


def _groups_that_have_open(path: Path) -> set[int]:
    """Return groups of other processes that have the file open, if the system tells (Linux)."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if place.samefile(path):
                found.add(os.getpgid(int(place.parts[2])))
    return found - {os.getpgid(0)}
