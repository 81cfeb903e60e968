"""States of the database and the store that take long to make, made once by each process.

A fixture makes the state for the first test that asks for it. Later tests get the same rows and
objects again, with all times moved to now. Each kind of store gets a state of its own, which was
made in such a store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import Settings, settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management.commands import flush
from django.db import connection, transaction
from django.utils import timezone

OF_MIGRATIONS = ("django_content_type", "auth_permission")  # in the order to write them
NEVER_CHANGED = ("django_migrations", *OF_MIGRATIONS)
PUT_BACK_UNDER = {"STORAGES", "CACHES", "SIGNED_LINKS_FROM", "KEYS_DIR", "FACE_KEYS"}
"""A state made under other values of these settings can be put back. `_kind` tells them apart."""

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
    """What the database, the store of photos and the key file held at one moment."""

    taken_at: datetime
    tables: list[Table]
    objects: dict[str, bytes]
    keys: str

    @classmethod
    def take(cls) -> Snapshot:
        tables = [Table.read(name) for name in _table_names()]
        objects = {}
        for key in stored_objects():
            with storages["photos"].open(key) as stored:
                objects[key] = stored.read()
        keys = _key_file().read_text() if _key_file().exists() else ""
        return cls(timezone.now(), [table for table in tables if table.rows], objects, keys)

    def fits_the_keys(self) -> bool:
        return not _key_file().exists() or _key_file().read_text() == self.keys

    def restore(self) -> None:
        if self.keys and not _key_file().exists():
            _key_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _key_file().touch(mode=0o600)
            _key_file().write_text(self.keys)
        later = timezone.now() - self.taken_at
        with transaction.atomic():
            for table in self.tables:
                table.write(later)
        stored = stored_objects()
        for key in stored - self.objects.keys():
            storages["photos"].delete(key)
        for key in self.objects.keys() - stored:
            storages["photos"].save(key, ContentFile(self.objects[key]))


Kind = tuple[str, bool]

_snapshots: dict[tuple[Callable[[], None], Kind], Snapshot] = {}


def made_once(*makes: Callable[[], None]) -> None:
    """Have the state that these functions make one after the other.

    Under settings that a test changed before, it is made again, because engines and deadlines leave
    their traces in what is stored.
    """
    *before, make = makes
    state = make, _kind()
    is_changed = changed_settings() - PUT_BACK_UNDER or settings.FACE_KEYS
    if not is_changed and state in _snapshots and _snapshots[state].fits_the_keys():
        _snapshots[state].restore()
        return
    if before:
        made_once(*before)
    make()
    if not is_changed and state not in _snapshots:
        _snapshots[state] = Snapshot.take()


def _kind() -> Kind:
    """Return what kind of store the settings name, and whether a test has keys of its own."""
    return settings.STORAGES["photos"]["BACKEND"], "KEYS_DIR" in changed_settings()


def _key_file() -> Path:
    return Path(settings.KEYS_DIR) / "face-keys"


def flush_quickly() -> None:
    """Have each flush put the content types and permissions back instead of deriving them."""
    tables = [Table.read(name) for name in OF_MIGRATIONS]

    def put_back(*_: object) -> None:
        for table in tables:
            table.write()

    flush.emit_post_migrate_signal = put_back  # type: ignore[attr-defined]


def changed_settings() -> set[str]:
    """Return the names of the settings that the test has changed."""
    names: set[str] = set()
    holder = settings._wrapped  # type: ignore[misc] # private
    while not isinstance(holder, Settings):
        names |= vars(holder).keys() - {"default_settings", "_deleted"}
        holder = holder.default_settings
    return names - {"SETTINGS_MODULE"}


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
