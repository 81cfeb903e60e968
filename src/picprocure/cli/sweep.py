"""`picprocure sweep`: delete what has expired, or only list it."""

from __future__ import annotations

import click

from picprocure.cli.database import set_up_known_database


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, but change nothing.")
def sweep(*, dry_run: bool) -> None:
    """Delete expired data, as the running site does automatically, and orphaned objects.

    Orphaned objects are stored files without a database row. Database rows whose file is missing
    are listed, but not deleted.
    """
    set_up_known_database()
    from picprocure.retention import sweep as sweeping  # noqa: PLC0415 -- it needs Django
    from picprocure.retention.orphans import sweep_orphans  # noqa: PLC0415

    swept = sweeping.plan() if dry_run else sweeping.sweep()
    orphans = sweep_orphans(dry_run=dry_run)
    click.echo("Would be deleted:" if dry_run else "Deleted:")
    click.echo(f"  expired events               {swept.events:8,}")
    click.echo(f"  faces of unregistered people {swept.faces:8,}")
    click.echo(f"  unconfirmed sign-ups         {swept.sign_ups:8,}")
    click.echo(f"  expired objects              {swept.objects:8,}")
    click.echo(f"  orphaned objects             {orphans.objects:8,}")
    for kind, count in orphans.missing.items():
        click.echo(f"Missing files of {kind}: {count:,}. Restore them from a backup.")
