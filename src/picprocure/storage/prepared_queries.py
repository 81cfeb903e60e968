"""Queries that are built and compiled once, and then asked with other values.

Django takes ten times as long to build and compile a query of many parts as SQLite takes to answer
it. For what is asked at each image, only the values change. PostgreSQL takes four times as long to
plan such a query as to answer it, so it keeps the plans of connections that are used again
(`connections.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
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


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query as SQL, with what Django needs to read its answers.

    Attributes:
        sql: The text, with placeholders.
        parameters: Values, and slots for values.
        expressions: The columns.
        converters: Functions that turn a column's value into Python's, by the column's place.
    """

    sql: str
    parameters: tuple[Any, ...]
    expressions: list[Any]
    converters: dict[int, tuple[list[Any], Any]]


class PreparedQuery(Generic[Row]):
    """A query with slots."""

    def __init__(self, build: Callable[[], QuerySet[Row, Any]]) -> None:
        """Take a function that returns a queryset with a `Slot` for each value."""
        self._build = build
        self._model: type[Row] | None = None
        self._compiled: dict[str, _Compiled] = {}

    def cache_clear(self) -> None:
        """Build and compile the query again when it is asked next."""
        self._compiled.clear()

    def rows(self, part: slice | None = None, /, **values: Any) -> list[Row]:
        """Return the rows for these values.

        Args:
            part: The first row and the one after the last. By default, all rows are returned.
            **values: The value of each slot by its name.

        Raises:
            KeyError: The value of a slot is missing.
        """
        compiled, found = self._ask(part, values)
        names = [expression.target.attname for expression in compiled.expressions]
        assert self._model is not None  # noqa: S101 -- the query is compiled
        return [self._model.from_db(DEFAULT_DB_ALIAS, names, record) for record in found]

    def values(self, **values: Any) -> list[list[Any]]:
        """Return the columns of a query that was built with `values`.

        Args:
            **values: The value of each slot by its name.

        Raises:
            KeyError: The value of a slot is missing.
        """
        return self._ask(None, values)[1]

    def _ask(self, part: slice | None, values: dict[str, Any]) -> tuple[_Compiled, list[list[Any]]]:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = self._compile(connection)
        compiled = self._compiled[connection.vendor]
        filled = [
            parameter.output_field.get_db_prep_value(values[parameter.name], connection)
            if isinstance(parameter, Slot)
            else parameter
            for parameter in compiled.parameters
        ]
        sql = compiled.sql
        if part is not None:
            sql = f"{sql} {connection.ops.limit_offset_sql(part.start or 0, part.stop)}"
        with _cursor(connection) as cursor:
            cursor.execute(sql, filled)
            found = [list(record) for record in cursor.fetchall()]
        for place, (converters, expression) in compiled.converters.items():
            for record in found:
                for convert in converters:
                    record[place] = convert(record[place], expression, connection)
        return compiled, found

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        queryset = self._build()
        self._model = queryset.model
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        expressions = [column[0] for column in compiler.select]
        converters = compiler.get_converters(expressions)
        return _Compiled(sql, tuple(parameters), expressions, converters)


def _cursor(connection: Any) -> Any:
    """Return a cursor that sends the values beside the text, so that PostgreSQL knows it again."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    import psycopg  # noqa: PLC0415 -- only installed where it is used

    connection.ensure_connection()
    return connection.make_cursor(psycopg.Cursor(connection.connection))
