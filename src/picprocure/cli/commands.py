"""The commands `up`, `demo` and `manage`, which need the whole site."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line

from picprocure.cli import web_address
from picprocure.cli.engine_line import engine_line
from picprocure.cli.lock import lock_folder
from picprocure.cli.prepare import PreparationFailed, prepare
from picprocure.cli.supervisor import Site
from picprocure.config.paths import default_data_dir
from picprocure.notifications import console

HOST_HELP = (
    "Address to listen on. Use 0.0.0.0 or :: for all networks, and set PICPROCURE_ALLOWED_HOSTS."
)
PORT = click.IntRange(1, 65535)

# Files in the data folder that are deleted before each demo.
DEMO_STATE = ("picprocure.sqlite3*", "objects", "queue")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help=HOST_HELP)
@click.option("--port", default=8000, show_default=True, type=PORT)
def up(host: str, port: int) -> None:
    """Prepare the database and run the site until you press Ctrl-C."""
    site = Site(host, port)
    _use_listening_address(site)
    _prepare(site, "up")
    with site:
        site.start()
        site.wait_until_ready()
        click.echo(f"\nPicProcure is running at {site.address} (press Ctrl-C to stop)")
        click.echo(f"{console.WHERE_MAILS_GO}\n" if console.is_in_use() else "")
        site.watch()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help=HOST_HELP)
@click.option("--port", default=8000, show_default=True, type=PORT)
def demo(host: str, port: int) -> None:
    """Run a demo site with an event of real photos. Each start is a fresh one."""
    data_dir = Path(os.environ.get("PICPROCURE_DATA_DIR", default_data_dir())) / "demo"
    os.environ["PICPROCURE_DATA_DIR"] = str(data_dir)
    for shared in ("DATABASE_URL", "BROKER_URL", "EMAIL_URL", "KEYS_DIR", "FACE_KEYS"):
        os.environ.pop(f"PICPROCURE_{shared}", None)  # a demo never touches the real ones
    site = Site(host, port)
    _use_listening_address(site)
    _prepare(site, "demo", obsolete=DEMO_STATE)
    with site:
        site.start()
        site.wait_until_ready()
        call_command("create_demo", address=site.address)
        site.watch()


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a Django command, such as `manage createsuperuser`."""
    execute_from_command_line(["picprocure manage", *arguments])


def _use_listening_address(site: Site) -> None:
    """Use the listening address as the site's URL, unless the operator has set another.

    Also allow requests to this address.
    """
    if {"PICPROCURE_HTTPS", "PICPROCURE_ALLOWED_HOSTS"} & set(os.environ):
        return
    os.environ.setdefault("PICPROCURE_SITE_URL", site.address.rstrip("/"))
    if site.host not in web_address.WILDCARD_HOSTS:
        hosts = ("localhost", "127.0.0.1", "[::1]", web_address.url_host(site.host))
        os.environ["PICPROCURE_ALLOWED_HOSTS"] = ",".join(dict.fromkeys(hosts))


def _engine_line() -> str:
    from picprocure.recognition.engines import engine_parts  # noqa: PLC0415 -- has models

    return engine_line(engine_parts(), chosen={settings.FACE_DETECTOR, settings.FACE_EMBEDDER})


def _prepare(site: Site, command: str, obsolete: Sequence[str] = ()) -> None:
    os.umask(0o077)  # only the owner may read the files of the site
    try:
        site.inherited_descriptors = (lock_folder(f"picprocure {command} at {site.address}"),)
        site.ensure_port_is_free()
        django.setup()
        prepare(obsolete=obsolete)
        click.echo(_engine_line())
    except PreparationFailed as problem:
        click.echo(str(problem), err=True)
        sys.exit(1)
