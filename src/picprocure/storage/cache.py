"""The cache in the database, which counts attempts for rate limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from picprocure.storage.outages import outage_of


class SharedCache(DatabaseCache):
    """Django's database cache, with two differences.

    A full disk raises its error, instead of looking like an existing value, which would count as
    one attempt too many. And reading doesn't delete expired rows.
    """

    _is_reading = False  # Django makes one object for each thread

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        self._is_reading = True
        try:
            values: dict[str, Any] = super().get_many(keys, version)
        finally:
            self._is_reading = False
        return values

    def _base_delete_many(self, keys: Iterable[str]) -> bool:
        """Delete rows (Django's hook), but not expired ones while reading: the sweep does that."""
        return not self._is_reading and bool(super()._base_delete_many(keys))  # type: ignore[misc]

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Write a value (Django's hook, which treats all errors as "the value exists")."""
        errors: list[DatabaseError] = []

        def record_errors(execute: Any, *statement: Any) -> Any:
            try:
                return execute(*statement)
            except DatabaseError as error:
                errors.append(error)
                raise

        database = self._database
        # Begin the transaction here, so that Django can't hide an error of its commit.
        with transaction.atomic(using=database.alias), database.execute_wrapper(record_errors):
            is_set: bool = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
            if not is_set and errors and outage_of(errors[-1]):
                raise errors[-1]
        return is_set

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Let only one thread of all processes at a time read and change a value.

        On SQLite, transactions begin with the write lock, so they need no other lock.
        """
        database = self._database
        with transaction.atomic(using=database.alias):
            if database.vendor == "postgresql":
                with database.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            yield

    @property
    def _database(self) -> BaseDatabaseWrapper:
        return connections[router.db_for_write(self.cache_model_class)]
