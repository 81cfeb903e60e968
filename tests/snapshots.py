"""States of the database and the store that take long to make, made once by each process.

A fixture makes the state for the first test that asks for it. Later tests get the same rows and
objects again, with all times moved to now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import Settings, settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management.commands import flush
from django.db import connection, transaction
from django.utils import timezone

OF_MIGRATIONS = ("django_content_type", "auth_permission")  # in the order to write them
NEVER_CHANGED = ("django_migrations", *OF_MIGRATIONS)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """All rows of one table."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]

    @classmethod
    def read(cls, name: str) -> Table:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {_quoted(name)}")
            return cls(name, tuple(column[0] for column in cursor.description), cursor.fetchall())

    def write(self, later: timedelta = timedelta()) -> None:
        """Replace the table's rows by these, with each time moved by `later`."""
        columns = ", ".join(map(_quoted, self.columns))
        places = ", ".join(["%s"] * len(self.columns))
        rows = [[_moved(value, later) for value in row] for row in self.rows]
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {_quoted(self.name)}")
            cursor.executemany(
                f"INSERT INTO {_quoted(self.name)} ({columns}) VALUES ({places})", rows
            )


@dataclass(frozen=True)
class Snapshot:
    """What the database and the store of photos held at one moment."""

    taken_at: datetime
    tables: list[Table]
    objects: dict[str, bytes]

    @classmethod
    def take(cls) -> Snapshot:
        tables = [Table.read(name) for name in _table_names()]
        objects = {}
        for key in stored_objects():
            with storages["photos"].open(key) as stored:
                objects[key] = stored.read()
        return cls(timezone.now(), [table for table in tables if table.rows], objects)

    def restore(self) -> None:
        later = timezone.now() - self.taken_at
        with transaction.atomic():
            for table in self.tables:
                table.write(later)
        for key in stored_objects() - self.objects.keys():
            storages["photos"].delete(key)
        for key in self.objects.keys() - stored_objects():
            storages["photos"].save(key, ContentFile(self.objects[key]))


_snapshots: dict[tuple[Callable[[], None], str], Snapshot] = {}
_named_settings: list[str] = []


@contextlib.contextmanager
def named_settings(name: str) -> Iterator[None]:
    """Let tests share states under changed settings. They must be the same under one name."""
    _named_settings.append(name)
    try:
        yield
    finally:
        _named_settings.pop()


def made_once(make: Callable[[], None]) -> None:
    """Have the state that `make` makes.

    Under settings that a test changed before, it is made again, unless they are
    `named_settings`: keys, stores and engines leave their traces in what is stored.
    """
    name = _named_settings[-1] if _named_settings else ""
    if settings_are_changed() and not name:
        make()
    elif (make, name) in _snapshots:
        _snapshots[make, name].restore()
    else:
        make()
        _snapshots[make, name] = Snapshot.take()


def flush_quickly() -> None:
    """Have each flush put the content types and permissions back instead of deriving them."""
    tables = [Table.read(name) for name in OF_MIGRATIONS]

    def put_back(*_: object) -> None:
        for table in tables:
            table.write()

    flush.emit_post_migrate_signal = put_back  # type: ignore[attr-defined]


def settings_are_changed() -> bool:
    return not isinstance(settings._wrapped, Settings)  # type: ignore[misc] # private


def stored_objects(folder: str = "") -> set[str]:
    """Return the keys of all stored objects."""
    folders, names = storages["photos"].listdir(folder)
    prefix = f"{folder}/" if folder else ""
    inner = (stored_objects(f"{prefix}{name}") for name in folders)
    return {f"{prefix}{name}" for name in names}.union(*inner)


def _table_names() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [name for name in names if name not in NEVER_CHANGED]


def _moved(value: Any, later: timedelta) -> Any:
    if not isinstance(value, datetime):
        return value
    moved = value + later
    return str(moved) if connection.vendor == "sqlite" else moved


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
