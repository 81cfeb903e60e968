"""`picprocure cache`: the cached results of earlier runs."""

from __future__ import annotations

import click


@click.group()
def cache() -> None:
    """Manage the results of earlier runs of `sort` and `evaluate`, which contain biometric data."""


@cache.command()
def clear() -> None:
    """Delete all cached results."""
    # Imported here, because it imports numpy.
    from picprocure.folders.analysis.cache import clear_cache

    try:
        cleared = clear_cache()
    except OSError as problem:
        raise click.ClickException(f"{problem.filename}: {problem.strerror}") from problem
    click.echo(f"Deleted {cleared.photos:,} results ({cleared.size / 1_000_000:.1f} MB).")
