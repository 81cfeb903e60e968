"""Database connections of threads that wait for slow clients."""

from __future__ import annotations

from django.db import connection


def release_connection() -> None:
    """Close this thread's connection, which opens again with the next query.

    A database server has few of them, and a slow upload or download takes minutes.
    """
    if not connection.in_atomic_block:
        connection.close()
