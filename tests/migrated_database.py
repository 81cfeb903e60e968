"""The migrated database, made by one process of a run and copied by the others."""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.core.management.commands.migrate import Command
from django.db import connection

_migrate = Command.handle


def migrate_once(folder: Path) -> None:
    """Let the next `migrate` copy the database that another process has migrated, if there is one.

    Args:
        folder: Belongs to all processes of this run, and to no other run.
    """
    template = folder / "migrated.sqlite3"

    def handle(command: BaseCommand, *args: Any, **options: Any) -> None:
        Command.handle = _migrate  # type: ignore[method-assign]
        with (folder / "migrated.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection.ensure_connection()
            if not template.exists():
                _migrate(command, *args, **options)
                with closing(sqlite3.connect(template)) as copy:
                    connection.connection.backup(copy)
            else:
                with closing(sqlite3.connect(template)) as copy:
                    copy.backup(connection.connection)

    if connection.vendor == "sqlite":
        Command.handle = handle  # type: ignore[method-assign, assignment]
