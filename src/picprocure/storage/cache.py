"""The cache in the database, where limits on attempts are counted."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connections, router, transaction

from picprocure.storage.trouble import trouble_of


class SharedCache(DatabaseCache):
    """Django's cache, without counting an error of a full disk as one attempt too many."""

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Write a value (Django's hook, which treats all errors as "the value exists")."""
        errors: list[DatabaseError] = []

        def noting(execute: Any, *statement: Any) -> Any:
            try:
                return execute(*statement)
            except DatabaseError as error:
                errors.append(error)
                raise

        database = connections[router.db_for_write(self.cache_model_class)]
        # The transaction begins here, so that Django doesn't hide an error at its end either.
        with transaction.atomic(using=database.alias), database.execute_wrapper(noting):
            is_set: bool = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
            if not is_set and errors and trouble_of(errors[-1]):
                raise errors[-1]
        return is_set
