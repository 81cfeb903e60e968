"""Tests with threads, each with its own connection to the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections


@contextmanager
def database_for_threads(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Give new threads a database with real locks and connections.

    SQLite's database in memory has neither, so they get a copy of it in a file.
    """
    settings = {**connections.settings[DEFAULT_DB_ALIAS]}
    if connection.vendor == "sqlite":
        settings["NAME"] = str(folder / "copy.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [settings["NAME"]])
        # As the first connection of a site does. Several that change the mode at once would fail.
        with closing(sqlite3.connect(settings["NAME"])) as database:
            database.execute("PRAGMA journal_mode=WAL")
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings, DEFAULT_DB_ALIAS, settings)
        yield


def some_connection_waits_for_a_lock() -> bool:
    """Return whether one does. The database is PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])
