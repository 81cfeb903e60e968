"""Errors of the disk, the keys, the database, the cache or the store, which no person caused."""

from __future__ import annotations

import enum
import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

from django.db import InterfaceError, OperationalError

from picprocure.storage.errors import StoreUnavailable
from picprocure.storage.sealing import UnusableKeys

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_SQLITE_AWAY: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
# PostgreSQL's classes of errors that say nothing about the statement: no connection, a deadlock,
# no resources, locked, shutting down, a broken system.
_POSTGRESQL_AWAY: Final = ("08", "40", "53", "55", "57", "58")
_POSTGRESQL_FULL: Final = "53100"


class Outage(enum.Enum):
    DISK_FULL = enum.auto()
    KEYS_UNUSABLE = enum.auto()
    UNAVAILABLE = enum.auto()  # the database, the cache or the store: for a while

    @property
    def lasts(self) -> bool:
        """Whether it lasts until the operator does something, so that work waits."""
        return self is not Outage.UNAVAILABLE


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the trouble that an error, or its cause, is a sign of; None for other errors."""
    chain = list(_causes(error))
    if any(_is_full(one) for one in chain):
        return Outage.DISK_FULL
    if any(isinstance(one, UnusableKeys) for one in chain):
        return Outage.KEYS_UNUSABLE
    return Outage.UNAVAILABLE if any(_is_away(one) for one in chain) else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _POSTGRESQL_FULL


def _is_away(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) in _SQLITE_AWAY
    if isinstance(error, OperationalError | InterfaceError):
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None)
        is_about_a_statement = isinstance(cause, sqlite3.Error) or (
            state is not None and not state.startswith(_POSTGRESQL_AWAY)
        )
        return not is_about_a_statement  # SQLite's own error comes next
    return isinstance(error, StoreUnavailable) or type(error).__module__.startswith("redis.")


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary error code; 0 if Python itself raised the error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
