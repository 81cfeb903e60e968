"""Queries that are built and compiled once, and then asked with other values.

Django takes ten times as long to build and compile a query of many parts as SQLite takes to answer
it. For what is asked at each image, only the values change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import RawQuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)


class Slot(Expression):
    """Stands for a value in a prepared query."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        """Name the value, and the kind of field that it is compared with."""
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """Return a placeholder, with itself as the parameter."""
        del compiler, connection
        return "%s", (self,)


class PreparedQuery(Generic[Row]):
    """A query with slots."""

    def __init__(self, build: Callable[[], QuerySet[Row]]) -> None:
        """Take a function that returns a queryset with a `Slot` for each value."""
        self._build = build
        self._compiled: dict[str, tuple[type[Row], str, tuple[Any, ...]]] = {}

    def rows(self, **values: Any) -> RawQuerySet[Row]:
        """Return the rows for these values.

        Args:
            **values: The value of each slot by its name.

        Raises:
            KeyError: The value of a slot is missing.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor not in self._compiled:
            queryset = self._build()
            sql, parameters = queryset.query.get_compiler(connection=connection).as_sql()
            self._compiled[connection.vendor] = queryset.model, sql, tuple(parameters)
        model, sql, parameters = self._compiled[connection.vendor]
        filled = [
            parameter.output_field.get_db_prep_value(values[parameter.name], connection)
            if isinstance(parameter, Slot)
            else parameter
            for parameter in parameters
        ]
        return model._default_manager.raw(sql, filled)
