"""Removal of deleted rows from the database's own files.

SQLite overwrites deleted rows with zeros (`secure_delete`, set for each connection in
`config/settings.py`). But earlier versions of a page stay in the write-ahead log until a checkpoint
truncates it, which needs a moment without readers. PostgreSQL keeps deleted rows until VACUUM
(docs/erasure.md).
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

# How long a checkpoint waits for readers to end. Writers have to wait for the checkpoint.
_BUSY_MS: Final = 500

# `PRAGMA user_version` of a database whose free pages have no deleted data.
_CLEANED: Final = 1

# VACUUM writes the database twice: into a temporary file and into the write-ahead log.
_COPIES: Final = 2

# Where SQLite locks its -shm file for readers (WAL_READ_LOCK in its wal.c).
_READ_LOCKS: Final = range(123, 128)


def wipe_after_commit() -> None:
    """Truncate SQLite's log after the current transaction commits, to remove deleted rows.

    Call this after `files.discard`, so that the log is truncated after the objects and their
    `PendingDeletion` rows are deleted. If a reader blocks it, the sweep tries again.
    """
    if connection.vendor == "sqlite":
        transaction.on_commit(lambda: bool(_truncate_log()), robust=True)


def wipe_deleted() -> bool:
    """Remove deleted rows from the database's files. Call this outside a transaction.

    Returns:
        False if a reader blocks it, so that it has to be tried again.
    """
    if connection.vendor == "postgresql":
        _vacuum_tables()
    if connection.vendor != "sqlite" or _truncate_log():
        return True
    logger.warning(
        "Deleted data are still in %s: %s. The next sweep tries again.",
        f"{Path(connection.settings_dict['NAME']).name}-wal",
        _describe_readers(),
    )
    return False


def clean_free_pages() -> None:
    """Rewrite a SQLite database once, since earlier versions did not overwrite deleted rows.

    If there isn't enough disk space, a warning is logged, and the next start tries again.
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
    """Truncate the log. Return False if a reader or writer blocked it."""
    if connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        previous_timeout = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _frames, _written = cursor.fetchone()
        except DatabaseError:  # the disk is full, or this connection is reading
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {previous_timeout}")
    return not busy


def _describe_readers() -> str:
    process_ids = sorted(_readers())
    if not process_ids:
        return "another process reads the database"
    return (
        f"process {', '.join(map(str, process_ids))} has been reading the database too long; end it"
    )


def _readers() -> set[int]:
    """Return the ids of processes with an open read transaction, or none if not on Linux."""
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
    """Run VACUUM on each table with deleted rows.

    Tables that another VACUUM has locked are skipped until the next sweep. In a transaction, all
    tables are skipped, since PostgreSQL can't run VACUUM there.
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
