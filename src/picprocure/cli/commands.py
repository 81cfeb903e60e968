"""The commands that run a site or its processes, and `manage`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line

from picprocure.cli import roles, web_address
from picprocure.cli.engine_line import engine_line
from picprocure.cli.health import HealthSign
from picprocure.cli.lock import lock_folder, preparing_folder
from picprocure.cli.prepare import PreparationFailed, prepare
from picprocure.cli.supervisor import Site
from picprocure.cli.web_address import WebAddress
from picprocure.config.paths import default_data_dir
from picprocure.notifications import console

HOST_HELP = (
    "Address to listen on. Use 0.0.0.0 or :: for all networks, and set PICPROCURE_ALLOWED_HOSTS."
)
F = TypeVar("F", bound=Callable[..., Any])

# Files in the data folder that are deleted before each demo.
DEMO_STATE = ("picprocure.sqlite3*", "objects", "queue")
# Settings of the real site, which a demo never touches.
REAL_SITE = (
    *("DATABASE_URL", "BROKER_URL", "FILES_DIR", "QUEUE_DIR"),
    *("EMAIL_URL", "KEYS_DIR", "FACE_KEYS"),
)


_host_option = click.option("--host", default="127.0.0.1", show_default=True, help=HOST_HELP)
_port_option = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)


def _processes_option(setting: str) -> Callable[[F], F]:
    return click.option(
        "--processes",
        type=click.IntRange(1, 256),
        help=f"How many processes. The default is PICPROCURE_{setting}.",
    )


@click.command()
@_host_option
@_port_option
def up(host: str, port: int) -> None:
    """Run the whole site on this machine: web server, workers and clock.

    Prepares everything first, and runs until you press Ctrl-C.
    """
    address = WebAddress.at(host, port)
    _use_listening_address(address)
    with _prepared("up", web=address, workers=True) as site:
        site.start([*roles.web(address), *roles.workers(), *roles.clock()])
        site.wait_until_ready()
        click.echo(f"\nPicProcure is running at {address.url} (press Ctrl-C to stop)")
        click.echo(f"{console.WHERE_MAILS_GO}\n" if console.is_in_use() else "")
        site.watch()


@click.command()
@_host_option
@_port_option
@_processes_option("WEB_PROCESSES")
def web(host: str, port: int, processes: int | None) -> None:
    """Run only the web server of a site."""
    address = WebAddress.at(host, port)
    _use_listening_address(address)
    with _prepared("web", web=address) as site:
        site.start(roles.web(address, processes=processes))
        site.wait_until_ready()
        click.echo(f"The web server is running at {address.url}")
        site.watch()


@click.command()
@_processes_option("WORKER_PROCESSES")
def worker(processes: int | None) -> None:
    """Run only workers of a site, which analyze photos and do its other jobs."""
    with _prepared("worker", workers=True) as site:
        started = roles.workers(processes=processes, group=roles.new_group())
        site.start(started)
        site.wait_until_ready()
        click.echo(f"Workers are running: {len(started)}.")
        site.watch()


@click.command()
def clock() -> None:
    """Run only the clock of a site, which starts its regular jobs.

    With several clocks, one works, and another takes over when it ends.
    """
    with _prepared("clock") as site:
        site.start(roles.clock())
        site.wait_until_ready()
        click.echo("The clock is running.")
        site.watch()


@click.command()
@_host_option
@_port_option
def demo(host: str, port: int) -> None:
    """Run a demo site with an event of real photos. Each start is a fresh one."""
    data_dir = Path(os.environ.get("PICPROCURE_DATA_DIR", default_data_dir())) / "demo"
    os.environ["PICPROCURE_DATA_DIR"] = str(data_dir)
    for name in REAL_SITE:
        os.environ.pop(f"PICPROCURE_{name}", None)
    address = WebAddress.at(host, port)
    _use_listening_address(address)
    with _prepared("demo", web=address, workers=True, obsolete=DEMO_STATE) as site:
        site.start([*roles.web(address), *roles.workers(), *roles.clock()])
        site.wait_until_ready()
        call_command("create_demo", address=address.url)
        site.watch()


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a Django command, such as `manage createsuperuser`."""
    execute_from_command_line(["picprocure manage", *arguments])


def _use_listening_address(address: WebAddress) -> None:
    """Use the listening address as the site's URL, unless the operator has set another.

    Also allow requests to this address.
    """
    if {"PICPROCURE_HTTPS", "PICPROCURE_ALLOWED_HOSTS"} & set(os.environ):
        return
    os.environ.setdefault("PICPROCURE_SITE_URL", address.url.rstrip("/"))
    if address.host not in web_address.WILDCARD_HOSTS:
        hosts = ("localhost", "127.0.0.1", "[::1]", web_address.url_host(address.host))
        os.environ["PICPROCURE_ALLOWED_HOSTS"] = ",".join(dict.fromkeys(hosts))


def _engine_line() -> str:
    from picprocure.recognition.engines import engine_parts  # noqa: PLC0415 -- has models

    return engine_line(engine_parts(), chosen={settings.FACE_DETECTOR, settings.FACE_EMBEDDER})


def _prepared(
    command: str,
    *,
    web: WebAddress | None = None,
    workers: bool = False,
    obsolete: Sequence[str] = (),
) -> Site:
    """Prepare what these processes of a site need, and return a site without processes."""
    os.umask(0o077)  # only the owner may read the files of the site
    try:
        descriptors = _lock(command, web)
        if web:
            web_address.ensure_free(web.host, web.port)
        django.setup()
        with preparing_folder() as use:
            prepare(
                web=web is not None,
                workers=workers,
                is_whole_site=command in ("up", "demo"),
                is_alone=use.is_alone,
                obsolete=obsolete,
            )
        if web or workers:
            click.echo(_engine_line())
    except PreparationFailed as problem:
        click.echo(str(problem), err=True)
        sys.exit(1)
    sign = HealthSign(settings.DATA_DIR, command)
    return Site(sign, inherited_descriptors=(*descriptors, use.descriptor))


def _lock(command: str, web: WebAddress | None) -> Sequence[int]:
    """Lock the data folder for a whole site, or a web server's port. Workers need no lock."""
    if web is None:
        return ()
    description = f"picprocure {command} at {web.url}"
    name = f"lock.web-{web.port}" if command == "web" else "lock"
    return (lock_folder(description, name=name),)
