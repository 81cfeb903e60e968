"""`picprocure sweep`: delete what has expired, or only list it."""

from __future__ import annotations

import click
import django


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would go.")
def sweep(*, dry_run: bool) -> None:
    """Let go what has expired, as the running site does by itself, and look for orphans.

    Orphans are stored objects that no row of the database knows; rows whose object is gone are
    named, and left alone.
    """
    django.setup()
    from picprocure.retention import sweep as sweeping  # noqa: PLC0415 -- it needs Django
    from picprocure.retention.orphans import sweep_orphans  # noqa: PLC0415

    swept = sweeping.plan() if dry_run else sweeping.sweep()
    orphans = sweep_orphans(dry_run=dry_run)
    click.echo("Would go:" if dry_run else "Gone:")
    click.echo(f"  events that expired          {swept.events:8,}")
    click.echo(f"  faces of nobody registered   {swept.faces:8,}")
    click.echo(f"  unconfirmed sign-ups         {swept.sign_ups:8,}")
    click.echo(f"  objects whose time has come  {swept.objects:8,}")
    click.echo(f"  objects that no row knows    {orphans.objects:8,}")
    for kind, count in orphans.missing.items():
        click.echo(f"Rows whose object is gone, of {kind}: {count:,}. Restore it from a backup.")
