"""Room that is kept for a full disk, so that people can delete all the same.

Deleting rows takes room before it frees any: a database writes down what it is about to change.
So nothing is stored any more when less than the reserve's size is free; when even that is used up,
by the database or by others on the same disk, who deletes gets the reserve.
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
_NO_ROOM: Final = _CHUNK  # a job on the queue takes one block
# The reserve is made only where this many times as much is free.
_TIMES_FREE: Final = 2


def frees_room(action: Callable[P, R]) -> Callable[P, R]:
    """Do it again with the reserve's room when the disk is full.

    ``action`` deletes something, in transactions of its own: what failed has changed nothing.
    """

    @wraps(action)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return action(*args, **kwargs)
        except Exception as error:
            is_whole = not connection.in_atomic_block  # else whoever began the transaction repeats
            if is_whole and trouble_of(error) is Trouble.DISK_FULL and release():
                return action(*args, **kwargs)
            raise

    return done


def release() -> bool:
    """Give the reserve's room to the disk. Returns whether there was any."""
    try:
        _path().unlink()
    except FileNotFoundError:
        return False
    logger.error("The disk is full. The reserve is used now so that deleting works.")
    return True


def is_kept() -> bool:
    return _path().exists()


def is_needed() -> bool:
    """Whether the disk has no room for anything but the reserve."""
    return free_bytes() < _NO_ROOM


def ensure_room() -> None:
    """Leave the last room to those who delete. Raises OSError, as a full disk does."""
    if free_bytes() < settings.RESERVE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make() -> None:
    """Set room aside, where there is plenty and none is set aside yet."""
    path = _path()
    if path.exists() or free_bytes() < _TIMES_FREE * settings.RESERVE_BYTES:
        return
    aside = path.with_suffix(".new")
    try:
        with aside.open("wb") as file:
            for _ in range(settings.RESERVE_BYTES // _CHUNK):
                file.write(os.urandom(_CHUNK))  # which no file system makes smaller
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def free_bytes() -> int:
    return shutil.disk_usage(settings.DATA_DIR).free


def _path() -> Path:
    path: Path = settings.DATA_DIR / "reserve"
    return path
