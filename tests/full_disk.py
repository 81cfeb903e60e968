"""A database that can't be written, or not be reached, as it shows in Django."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import override_settings

FULL = (sqlite3.SQLITE_FULL, "database or disk is full")
LOCKED = (sqlite3.SQLITE_BUSY, "database is locked")

WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def broken(
    reason: tuple[int, str],
    *,
    statements: tuple[str, ...] = WRITES,
    fails: Callable[[], bool] = lambda: True,
) -> Iterator[None]:
    """Make statements with these words fail."""

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def execute(cursor: CursorWrapper, sql: str, *rest: Any) -> Any:
            if not fails() or not sql.lstrip().startswith(statements):
                return real(cursor, sql, *rest)
            cause = sqlite3.OperationalError(reason[1])
            cause.sqlite_errorcode = reason[0]
            raise OperationalError(reason[1]) from cause

        return execute

    methods = vars(CursorWrapper)
    with (
        mock.patch.object(CursorWrapper, "_execute", failing(methods["_execute"])),
        mock.patch.object(CursorWrapper, "_executemany", failing(methods["_executemany"])),
    ):
        yield


@contextmanager
def full_until_the_reserve_is_used() -> Iterator[Path]:
    """Make writing fail until the whole reserve is released. Actions fill it again at their end."""
    reserve = settings.DATA_DIR / "reserve"
    reserve.write_bytes(b"full")
    try:
        with override_settings(RESERVE_BYTES=4), broken(FULL, fails=reserve.exists):
            yield reserve
    finally:
        reserve.unlink(missing_ok=True)
