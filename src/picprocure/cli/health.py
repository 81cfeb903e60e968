"""`picprocure health`: whether processes of a site on this machine work.

Each supervisor touches a file while its processes work. Reading its time needs no settings, no
database and no broker, so this command is quick.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import click

from picprocure.config.paths import default_data_dir

SIGN_SECONDS: Final = 5.0
LATE_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 8.0


class HealthSign:
    """Signs of life of a supervisor: a file, and messages to systemd if it started the process."""

    def __init__(self, data_dir: Path, command: str) -> None:
        self._path = data_dir / "health" / f"{command}-{socket.gethostname()}-{os.getpid()}"
        self._next = 0.0

    def ready(self) -> None:
        """Tell systemd that the processes have started."""
        _notify_systemd("READY=1")

    def give(self) -> None:
        """Give a sign of life, at most every few seconds."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SIGN_SECONDS
        _notify_systemd("WATCHDOG=1")
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._path.touch(mode=0o600)
        except OSError as error:  # a full disk must not end the site
            click.echo(f"{self._path} can't be written: {error.strerror}.", err=True)

    def end(self) -> None:
        _notify_systemd("STOPPING=1")
        self._path.unlink(missing_ok=True)


@click.command()
@click.argument("command", type=click.Choice(["up", "web", "worker", "clock"]))
@click.option("--host", default="localhost", show_default=True, help="Host of the web server.")
@click.option("--port", default=8000, show_default=True, help="Port of the web server.")
def health(command: str, host: str, port: int) -> None:
    """Check processes of a site that run on this machine.

    Prints one line. Exits with 0 if they work, and with 1 if not.
    """
    problem = _silence(command) or (_web_problem(host, port) if command in ("up", "web") else "")
    click.echo(f"{command}: {problem or 'works'}")
    raise SystemExit(bool(problem))


def _silence(command: str) -> str:
    """Return a problem if a supervisor of this command gave no sign of life for some time."""
    ages = [time.time() - path.stat().st_mtime for path in _signs(command)]
    if not ages:
        return "not running on this machine, or still starting"
    return f"no sign of life for {max(ages):.0f} seconds" if max(ages) > LATE_SECONDS else ""


def _signs(command: str) -> Iterator[Path]:
    """Yield the files of living supervisors. Killed ones leave theirs behind."""
    data_dir = Path(os.environ.get("PICPROCURE_DATA_DIR", default_data_dir()))
    for path in (data_dir / "health").glob(f"{command}-{socket.gethostname()}-*"):
        if Path("/proc").is_dir() and not Path(f"/proc/{path.name.rpartition('-')[2]}").exists():
            path.unlink(missing_ok=True)
        else:
            yield path


def _web_problem(host: str, port: int) -> str:
    connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"no answer on port {port} ({type(error).__name__})"
    finally:
        connection.close()
    return "" if status == 204 else f"answer {status}: the database can't be used"  # noqa: PLR2004


def _notify_systemd(state: str) -> None:
    """Send a message as sd_notify(3) does."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract namespace
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.connect(address)
            notified.send(state.encode())
    except OSError as error:
        click.echo(f"systemd can't be notified: {error.strerror}.", err=True)
