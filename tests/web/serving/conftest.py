"""A real server on loopback that runs a small site."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from browser.patience import free_port, wait_for
from picprocure.cli.web_server import web_server

HERE = Path(__file__).resolve().parent


@pytest.fixture
def started() -> list[subprocess.Popen[bytes]]:
    """Return the servers of a test, by which it can send them signals."""
    return []


@pytest.fixture
def start_server(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> Iterator[Callable[..., int]]:
    """Start a server with these environment variables, and return its port."""

    def start(**variables: str) -> int:
        port = free_port()
        command = web_server("127.0.0.1", port, processes=1)
        command = [part.replace("picprocure.config.asgi", "small_site") for part in command]
        environment = {**os.environ, "PYTHONPATH": f"{HERE}:{os.environ.get('PYTHONPATH', '')}"}
        environment |= {"FILES": str(tmp_path), **variables}
        started.append(subprocess.Popen(command, env=environment, start_new_session=True))
        wait_for(lambda: _listens(port), "a server that listens", seconds=30)
        return port

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # SIGTERM would wait for its clients
        process.wait()


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
