"""A database that can't be written, or not be reached, as it shows in Django."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection

FULL = (sqlite3.SQLITE_FULL, "database or disk is full")
LOCKED = (sqlite3.SQLITE_BUSY, "database is locked")

WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def broken(reason: tuple[int, str], *, statements: tuple[str, ...] = WRITES) -> Iterator[None]:
    """These statements fail."""
    with connection.execute_wrapper(_failing(reason, statements, lambda: True)):
        yield


@contextmanager
def full_until_the_reserve_is_used() -> Iterator[Path]:
    """Writing fails while the reserve takes the last room of the disk."""
    reserve = settings.DATA_DIR / "reserve"
    reserve.write_bytes(b"x")
    try:
        with connection.execute_wrapper(_failing(FULL, WRITES, reserve.exists)):
            yield reserve
    finally:
        reserve.unlink(missing_ok=True)


def _failing(
    reason: tuple[int, str], statements: tuple[str, ...], fails: Callable[[], bool]
) -> Callable[..., Any]:
    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not fails() or not sql.lstrip().startswith(statements):
            return run(sql, params, many, context)
        cause = sqlite3.OperationalError(reason[1])
        cause.sqlite_errorcode = reason[0]
        raise OperationalError(reason[1]) from cause

    return execute
