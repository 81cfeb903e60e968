"""Disk space that is kept in reserve, so that people can delete when the disk is full.

Deleting rows takes space before it frees any, since a database first writes down what it changes.
So nothing is stored when less than the reserve's size is free. If the database or other programs
use that up, too, the reserve is released for deletions.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

from picprocure.storage.trouble import Trouble, trouble_of

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

_CHUNK: Final = 1024 * 1024
_NO_ROOM: Final = _CHUNK  # a job in the queue takes one block
# The reserve is made only where this many times as much is free.
_TIMES_FREE: Final = 2


def frees_room(action: Callable[P, R]) -> Callable[P, R]:
    """Repeat an action with the reserve's space if the disk is full.

    ``action`` deletes something in its own transactions, so a failed try has changed nothing.
    """

    @wraps(action)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return action(*args, **kwargs)
        except Exception as error:
            is_whole = not connection.in_atomic_block  # otherwise the outer action repeats
            if is_whole and trouble_of(error) is Trouble.DISK_FULL and release():
                return action(*args, **kwargs)
            raise

    return done


def release() -> bool:
    """Release the reserve. Returns whether there was one."""
    try:
        _path().unlink()
    except FileNotFoundError:
        return False
    logger.error("The disk is full. The reserve is used now so that deleting works.")
    return True


def is_kept() -> bool:
    return _path().exists()


def is_needed() -> bool:
    """Return whether the disk has no space left except the reserve."""
    return free_bytes() < _NO_ROOM


def ensure_room() -> None:
    """Keep the last space for deletions. Raises OSError, as a full disk does."""
    if free_bytes() < settings.RESERVE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make() -> None:
    """Make the reserve if there is none yet and enough space is free."""
    path = _path()
    if path.exists() or free_bytes() < _TIMES_FREE * settings.RESERVE_BYTES:
        return
    aside = path.with_suffix(".new")
    try:
        with aside.open("wb") as file:
            for _ in range(settings.RESERVE_BYTES // _CHUNK):
                file.write(os.urandom(_CHUNK))  # file systems can't compress it
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def free_bytes() -> int:
    return shutil.disk_usage(settings.DATA_DIR).free


def _path() -> Path:
    path: Path = settings.DATA_DIR / "reserve"
    return path
