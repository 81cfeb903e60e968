"""Writes that matter less than an answer without delay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

_LOCK_MS: Final = 100


@contextmanager
def waits_for_no_one() -> Iterator[None]:
    """Begin a transaction that waits for other writers for a moment only.

    SQLite has one writer at a time. PostgreSQL's transactions wait for those that lock a row.

    Raises:
        OperationalError: Another process still writes.
    """
    if connection.vendor == "sqlite":
        with _busy_timeout(), transaction.atomic():
            yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MS}")
        yield


@contextmanager
def _busy_timeout() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        previous = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_LOCK_MS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {previous}")
