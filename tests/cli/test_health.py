"""Signs of life of supervisors, and the command that reads them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from browser.patience import free_port
from picprocure.cli.health import LATE_SECONDS, HealthSign, health
from picprocure.cli.supervised_process import START_SECONDS, PipeMonitor, SupervisedProcess


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PICPROCURE_DATA_DIR", str(tmp_path))
    return tmp_path


def ask(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(health, arguments)
    return result.exit_code, result.output.strip()


def test_worker_is_healthy_while_it_gives_signs(data_dir: Path) -> None:
    assert ask("worker") == (1, "worker: not running on this machine, or still starting")
    sign = HealthSign(data_dir, "worker")
    sign.give()
    assert ask("worker") == (0, "worker: works")
    assert ask("clock")[0] == 1

    (path,) = (data_dir / "health").iterdir()
    long_ago = time.time() - LATE_SECONDS - 9
    os.utime(path, (long_ago, long_ago))
    assert ask("worker") == (1, f"worker: no sign of life for {LATE_SECONDS + 9:.0f} seconds")
    sign.end()
    assert list((data_dir / "health").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_sign_of_a_killed_supervisor_is_no_sign(data_dir: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    HealthSign(data_dir, "worker").give()
    (own,) = (data_dir / "health").iterdir()
    own.rename(own.with_name(own.name.replace(str(os.getpid()), str(ended.pid))))
    assert ask("worker")[0] == 1


@pytest.fixture(params=[204, 503])
def web(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Run a web server that gives one answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("localhost", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port, request.param
        thread.join()


def test_web_server_needs_the_database(web: tuple[int, int], data_dir: Path) -> None:
    port, status = web
    HealthSign(data_dir, "web").give()
    expected = {204: (0, "web: works"), 503: (1, "web: answer 503: the database can't be used")}
    assert ask("web", "--port", str(port)) == expected[status]


def test_web_server_that_does_not_answer_is_named(data_dir: Path) -> None:
    HealthSign(data_dir, "web").give()
    port = free_port()
    assert ask("web", "--port", str(port)) == (
        1,
        f"web: no answer on port {port} (ConnectionRefusedError)",
    )


def test_process_is_healthy_until_it_has_not_worked_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = SupervisedProcess("The clock", [], PipeMonitor())
    assert process.is_healthy  # still starting
    later = time.monotonic() + START_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not process.is_healthy


def test_systemd_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(data_dir / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(data_dir / "notify"))
        sign = HealthSign(data_dir, "clock")
        sign.ready()
        sign.give()
        sign.give()  # too early for another sign
        sign.end()
        told = [systemd.recv(100) for _ in range(3)]
    assert told == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
