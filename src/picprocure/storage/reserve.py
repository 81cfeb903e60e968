"""A reserve of disk space, so that people can delete data when the disk is full.

Deleting rows needs space before it frees any, since a database first logs its changes. So no object
is stored when less space than the reserve's size is free. If the database or other programs use up
this space, too, the reserve is released for deletions, and for signing in and out. It is released
in parts, and filled again after each action.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

from picprocure.storage.outages import Outage, outage_of

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

_CHUNK: Final = 1024 * 1024
_NO_ROOM: Final = _CHUNK  # a job in the queue needs one block
_PARTS: Final = 4
_TRIES: Final = 2 * _PARTS  # other actions may use the released space

_in_action: ContextVar[bool] = ContextVar("in_action", default=False)


def frees_room(action: Callable[P, R]) -> Callable[P, R]:
    """Decorate an action so that it can use the reserve if the disk is full.

    Args:
        action: A function that makes its changes in its own transactions, or that can be repeated
            after it was done partly.
    """

    @wraps(action)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:  # the outer action repeats
            return action(*args, **kwargs)
        with _refilling():
            if is_needed():
                release()
            for _ in range(_TRIES):
                try:
                    return action(*args, **kwargs)
                except Exception as error:
                    if outage_of(error) is not Outage.DISK_FULL or not release():
                        raise
            return action(*args, **kwargs)

    return repeat


@contextmanager
def _refilling() -> Iterator[None]:
    """Fill the reserve again after the outermost action, if the action has released any of it."""
    if _in_action.get():
        yield
        return
    size_before, token = _size(), _in_action.set(True)
    try:
        yield
    finally:
        _in_action.reset(token)
        if _size() < size_before:
            fill(leave=0)


def release() -> bool:
    """Release a part of the reserve. Return False if there was no reserve."""
    with _locked():
        size = _size()
        left = size - (settings.RESERVE_BYTES // _PARTS or size)
        try:
            if left > 0:
                os.truncate(_path(), left)
            else:
                _path().unlink()
        except FileNotFoundError:
            return False
    logger.error("The disk is full. The reserve is used now so that deleting works.")
    return True


def exists() -> bool:
    """Return whether there is a reserve, even a partly released one."""
    return _path().exists()


def is_needed() -> bool:
    """Return whether the disk has no space left outside the reserve."""
    return free_bytes() < _NO_ROOM


def ensure_room() -> None:
    """Check that there is more free space than is needed for deletions.

    Raises:
        OSError: There isn't, with the error number of a full disk.
    """
    if free_bytes() < settings.RESERVE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill(*, leave: int = _NO_ROOM) -> None:
    """Fill the reserve as far as the disk has space, but leave this many bytes free."""
    with _locked():
        missing = min(settings.RESERVE_BYTES - _size(), free_bytes() - leave)
        if missing > 0:
            _grow(missing)


def _grow(missing: int) -> None:
    try:
        with _path().open("ab", buffering=0) as file:
            while missing > 0:  # file systems can't compress random bytes
                missing -= file.write(os.urandom(min(missing, _CHUNK)))
    except OSError as error:
        if outage_of(error) is not Outage.DISK_FULL:
            raise


def _size() -> int:
    try:
        return _path().stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def _locked() -> Iterator[None]:
    """Let only one thread of all processes at a time change the reserve."""
    folder = os.open(settings.DATA_DIR, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def free_bytes() -> int:
    return shutil.disk_usage(settings.DATA_DIR).free


def _path() -> Path:
    path: Path = settings.DATA_DIR / "reserve"
    return path
