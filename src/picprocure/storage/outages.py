"""Outages of the disk, the keys, the database, the cache or the store."""

from __future__ import annotations

import enum
import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

from django.db import InterfaceError, OperationalError

from picprocure.storage.errors import StoreUnavailable, UnusableKeys

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_SQLITE_UNAVAILABLE: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
# PostgreSQL's classes of errors that the statement didn't cause: no connection, a deadlock, no
# resources, locked, shutting down, a system error.
_POSTGRESQL_UNAVAILABLE: Final = ("08", "40", "53", "55", "57", "58")
_POSTGRESQL_FULL: Final = "53100"


class Outage(enum.Enum):
    DISK_FULL = enum.auto()
    KEYS_UNUSABLE = enum.auto()
    UNAVAILABLE = enum.auto()  # the database, the cache or the store, temporarily

    @property
    def lasts(self) -> bool:
        """Whether only the operator can end the outage, so that work has to wait."""
        return self is not Outage.UNAVAILABLE


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage that caused an error, or None if the error has another cause."""
    causes = list(_causes(error))
    if any(_is_disk_full(cause) for cause in causes):
        return Outage.DISK_FULL
    if any(isinstance(cause, UnusableKeys) for cause in causes):
        return Outage.KEYS_UNUSABLE
    return Outage.UNAVAILABLE if any(_is_unavailable(cause) for cause in causes) else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors that caused it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _POSTGRESQL_FULL


def _is_unavailable(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) in _SQLITE_UNAVAILABLE
    if isinstance(error, OperationalError | InterfaceError):
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None)
        # For SQLite, the next cause is the original error, which is more precise.
        has_better_cause = isinstance(cause, sqlite3.Error)
        is_about_statement = state is not None and not state.startswith(_POSTGRESQL_UNAVAILABLE)
        return not (has_better_cause or is_about_statement)
    return isinstance(error, StoreUnavailable) or type(error).__module__.startswith("redis.")


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary error code, or 0 if Python raised the error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
