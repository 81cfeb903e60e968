"""Checks whether the database and the store answer."""

from __future__ import annotations

from typing import Final

from django.db import Error, connection

from picprocure.storage import files

# An object that never exists. Looking for it shows that the store answers.
_PROBE: Final = "references/probe"


def everything_answers() -> bool:
    """Return whether the database and the store answer.

    The database doesn't count if it closed this thread's connection since the last query. The next
    call connects again.
    """
    return _database_answers() and _store_answers()


def _database_answers() -> bool:
    if connection.connection is not None and not connection.is_usable():
        connection.close()
        return False
    try:
        connection.ensure_connection()
    except Error:
        return False
    return True


def _store_answers() -> bool:
    try:
        files.is_stored(_PROBE)
    except OSError:
        return False
    return True
