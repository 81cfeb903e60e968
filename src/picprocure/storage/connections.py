"""Database connections of the web server's threads."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import connection

POSTGRESQL: Final = "django.db.backends.postgresql"

# Connections that no thread used for so long are closed, so that a quiet process has only one.
IDLE_SECONDS: Final = 60.0
# How long a thread waits for a connection before its visitor is asked to try again.
WAIT_SECONDS: Final = 10.0


def share_connections(most: int) -> None:
    """Let the threads of this process share connections to PostgreSQL. They wait for free ones.

    Call this before the first query. A new connection takes PostgreSQL as long as a page's queries,
    and one for each thread would take all that a server allows. SQLite's cost nothing but open
    files, so each thread keeps its own.

    Args:
        most: The largest number of connections.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"] != POSTGRESQL:
        return
    # A connection is checked before it is used: the server may have been restarted.
    database["CONN_HEALTH_CHECKS"] = True
    options = database.setdefault("OPTIONS", {})
    options["prepare_threshold"] = 0  # keep the plans of prepared queries
    options["pool"] = {
        "min_size": 1,
        "max_size": most,
        "max_idle": IDLE_SECONDS,
        "timeout": WAIT_SECONDS,
    }


def release_connection() -> None:
    """Close this thread's connection, or return it. The next query opens it again.

    Database servers allow few connections, and a slow upload or download takes minutes.
    """
    if not connection.in_atomic_block:
        connection.close()
