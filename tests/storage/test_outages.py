"""Errors of a full disk, and of a database, cache or store that is unavailable."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import DatabaseError, IntegrityError, OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from browser.patience import free_port
from picprocure.storage.errors import StoreUnavailable
from picprocure.storage.outages import Outage, outage_of


def wrapped(error: Exception) -> OperationalError:
    """Return a database error as Django raises it."""
    outer = OperationalError(str(error))
    outer.__cause__ = error
    return outer


def test_full_sqlite_database_is_a_full_disk(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "full.sqlite3")) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as raised:
            database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert outage_of(raised.value) is Outage.DISK_FULL
    assert outage_of(wrapped(raised.value)) is Outage.DISK_FULL


def test_locked_sqlite_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite3"
    with (
        closing(sqlite3.connect(path)) as first,
        closing(sqlite3.connect(path, timeout=0)) as second,
    ):
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as raised:
            second.execute("BEGIN IMMEDIATE")
    assert outage_of(wrapped(raised.value)) is Outage.UNAVAILABLE


def test_missing_sqlite_database_is_unavailable() -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect("/nowhere/at/all.sqlite3")
    assert outage_of(wrapped(raised.value)) is Outage.UNAVAILABLE


def test_wrong_statement_is_no_outage() -> None:
    with (
        closing(sqlite3.connect(":memory:")) as database,
        pytest.raises(sqlite3.OperationalError) as raised,
    ):
        database.execute("SELECT * FROM nothing")
    assert outage_of(wrapped(raised.value)) is None


def test_stopped_postgresql_is_unavailable() -> None:
    with pytest.raises(psycopg.OperationalError) as raised:
        psycopg.connect(f"host=127.0.0.1 port={free_port()} user=nobody dbname=none")
    assert outage_of(wrapped(raised.value)) is Outage.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.DiskFull("no space left"), Outage.DISK_FULL),
        (psycopg.errors.DeadlockDetected("deadlock"), Outage.UNAVAILABLE),
        (psycopg.errors.AdminShutdown("shutting down"), Outage.UNAVAILABLE),
        (psycopg.errors.StatementTooComplex("too complex"), None),
    ],
)
def test_outage_of_postgresql_errors(error: Exception, expected: Outage | None) -> None:
    assert outage_of(wrapped(error)) is expected


def test_stopped_redis_is_unavailable() -> None:
    with pytest.raises(redis.RedisError) as raised:
        redis.Redis(port=free_port(), retry=Retry(NoBackoff(), 0)).ping()
    assert outage_of(raised.value) is Outage.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Outage.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Outage.DISK_FULL),
        (OSError(errno.EACCES, "Permission denied"), None),
        (StoreUnavailable("The store does not answer."), Outage.UNAVAILABLE),
        (IntegrityError("UNIQUE constraint failed"), None),
        (DatabaseError("odd"), None),
        (ZeroDivisionError(), None),
        (None, None),
    ],
)
def test_outage_of_other_errors(error: Exception | None, expected: Outage | None) -> None:
    assert outage_of(error) is expected


def test_outage_of_an_errors_cause() -> None:
    error = ValueError("half a file")
    error.__context__ = OSError(errno.ENOSPC, "No space left on device")
    assert outage_of(error) is Outage.DISK_FULL
