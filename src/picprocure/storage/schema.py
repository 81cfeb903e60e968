"""The database's schema: whether this version knows it, and who may change it now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

# Any number that no other program uses for a lock in the same database.
_LOCK: Final = 0x7069_6370


class UnknownSchema(Exception):
    """The database has migrations that this version doesn't know."""

    def __init__(self, migration: str) -> None:
        """Name the first unknown migration, as `app.name`, in the message."""
        super().__init__(
            f"The database was made by another version of PicProcure (migration {migration}). Use "
            "that version or a newer one, or an empty database if it is from before 0.1.0."
        )


def ensure_known_schema(alias: str = "default") -> None:
    """Check that this version knows every migration that was applied to the database.

    Raises:
        UnknownSchema: A newer version made the database, or one from before 0.1.0, whose
            migrations were replaced.
    """
    loader = MigrationLoader(connections[alias], ignore_no_migrations=True)
    own = {app.label for app in apps.get_app_configs() if app.name.startswith("picprocure.")}
    unknown = sorted(
        f"{label}.{name}"
        for label, name in loader.applied_migrations
        if label in own and (label, name) not in loader.disk_migrations
    )
    if unknown:
        raise UnknownSchema(unknown[0])


def check_schema(*, databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """Refuse an unknown schema when Django checks databases, as it does before it migrates."""
    for alias in databases or ():
        try:
            ensure_known_schema(alias)
        except UnknownSchema as problem:
            return [Error(str(problem), id="picprocure.E002")]
    return []


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process at a time change the schema, among all hosts that use a PostgreSQL.

    All users of a SQLite database share a data folder, which has a lock of its own (cli/lock.py).
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if connection.is_usable():  # the server releases the lock of a lost connection
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
