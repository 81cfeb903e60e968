"""Removing deleted rows from the database's own files.

SQLite zeroes what it deletes (`secure_delete`, set for each connection in `config/settings.py`),
but earlier versions of a page stay in the write-ahead log until a checkpoint truncates it. That
needs a moment without readers. PostgreSQL keeps deleted rows until VACUUM (docs/erasure.md).
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction

logger = logging.getLogger(__name__)

# How long a checkpoint waits for readers to end. It keeps writers waiting for as long.
_BUSY_MS: Final = 500

# `PRAGMA user_version` of a database whose free pages hold nothing that was deleted.
_CLEANED: Final = 1

# VACUUM writes the database twice: to a temporary file and to the write-ahead log.
_COPIES: Final = 2

# Where SQLite locks its -shm file for readers (WAL_READ_LOCK in its wal.c).
_READ_LOCKS: Final = range(123, 128)


def wipe_after_commit() -> None:
    """Once the current transaction commits, remove from SQLite's log what it deleted.

    Register this after `files.discard`, whose ledger rows have the keys of deleted objects. If a
    reader blocks it, the sweep tries again.
    """
    if connection.vendor == "sqlite":
        transaction.on_commit(lambda: bool(_truncate_log()), robust=True)


def wipe_deleted() -> bool:
    """Remove deleted rows from the database's files. Call this outside a transaction.

    Returns False if a reader blocks it and it has to be tried again.
    """
    if connection.vendor == "postgresql":
        _vacuum_tables()
    if connection.vendor != "sqlite" or _truncate_log():
        return True
    logger.warning(
        "Deleted data are still in %s: %s. The next sweep tries again.",
        f"{Path(connection.settings_dict['NAME']).name}-wal",
        _readers_in_words(),
    )
    return False


def clean_free_pages() -> None:
    """Rewrite a SQLite database once, since an earlier version did not zero what it deleted.

    If there isn't enough disk space, the log says so, and the next start tries again.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block or _is_clean():
        return
    path = Path(connection.settings_dict["NAME"])
    needed, free = _COPIES * path.stat().st_size, shutil.disk_usage(path.parent).free
    os.environ["SQLITE_TMPDIR"] = str(settings.TEMP_DIR)  # the copy stays in the data folder
    if free < needed or not _vacuum():
        logger.warning(
            "Data deleted by an earlier version may still be in free pages of %s. Cleaning them "
            "needs %d MB of free disk space (now: %d MB), and no other program may have the "
            "database open. The next start tries again.",
            *(path, needed // 1_000_000 + 1, free // 1_000_000),
        )
    _truncate_log()


def _vacuum() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute(f"PRAGMA user_version = {_CLEANED}")
    except DatabaseError:
        return False
    return True


def _is_clean() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        return bool(cursor.fetchone()[0] >= _CLEANED)


def _truncate_log() -> bool:
    """Truncate the log. Returns whether it is empty now, and no reader or writer was busy."""
    if connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        usual = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _frames, _written = cursor.fetchone()
        except DatabaseError:  # no room on the disk, or this connection reads itself
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
    return not busy


def _readers_in_words() -> str:
    found = sorted(_readers())
    if not found:
        return "another process reads the database"
    return f"process {', '.join(map(str, found))} has been reading the database too long; end it"


def _readers() -> set[int]:
    """Return the processes with an open read transaction, if the system tells (Linux)."""
    with suppress(OSError):
        inode = Path(f"{connection.settings_dict['NAME']}-shm").stat().st_ino
        locks = (line.split() for line in Path("/proc/locks").read_text().splitlines())
        return {
            int(lock[4])
            for lock in locks
            if lock[1] != "->" and lock[5].endswith(f":{inode}") and int(lock[6]) in _READ_LOCKS
        }
    return set()


def _vacuum_tables() -> None:
    """Run VACUUM on every table with deleted rows.

    A table that another VACUUM works on is left to the next sweep. So are all tables within a
    transaction, where PostgreSQL can't run VACUUM.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables "
            "WHERE n_dead_tup > 0 AND schemaname = current_schema()"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"VACUUM (SKIP_LOCKED) {connection.ops.quote_name(table)}")
