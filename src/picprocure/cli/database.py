"""Django for commands that change the database of a site."""

from __future__ import annotations

import click
import django


def set_up_known_database() -> None:
    """Set Django up, and refuse a database that another version of PicProcure made."""
    django.setup()
    from picprocure.storage.schema import UnknownSchema, ensure_known_schema  # noqa: PLC0415

    try:
        ensure_known_schema()
    except UnknownSchema as problem:
        raise click.ClickException(str(problem)) from problem
