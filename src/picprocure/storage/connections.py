"""Database connections of threads that wait for slow clients."""

from __future__ import annotations

from django.db import connection


def release_connection() -> None:
    """Close this thread's connection. The next query opens it again.

    Database servers allow few connections, and a slow upload or download takes minutes.
    """
    if not connection.in_atomic_block:
        connection.close()
