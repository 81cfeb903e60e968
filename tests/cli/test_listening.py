"""Where the site listens, which URL it prints, and which hosts it allows."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from browser.patience import free_port
from picprocure.cli import commands, web_address
from picprocure.cli.prepare import PreparationFailed
from picprocure.cli.web_address import WebAddress, ensure_free

NAME = socket.gethostname()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://localhost:8000/"),
        ("0.0.0.0", "http://localhost:8000/"),
        ("::", "http://localhost:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("[::1]", "http://[::1]:8000/"),
        ("fe80::1", "http://[fe80::1]:8000/"),
        ("photos.example", "http://photos.example:8000/"),
    ],
)
def test_printed_address_can_be_opened(host: str, address: str) -> None:
    assert WebAddress.at(host, 8000).url == address


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1", "[::1]", "localhost"])
def test_taken_port_is_refused(host: str) -> None:
    port = free_port()
    address = WebAddress.at(host, port)
    ensure_free(address.host, port)
    processes = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(processes) as taken:
        taken.bind((address.host, port))
        taken.listen()
        with pytest.raises(PreparationFailed, match=f"Port {port} on .* can't be used"):
            ensure_free(address.host, port)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("no-such-host.invalid", "--host no-such-host.invalid is not an address of this machine"),
        ("300.1.1.1", "--host 300.1.1.1 is not an address of this machine"),
        ("192.0.2.7", "Port 8000 on 192.0.2.7 can't be used"),
        ("2001:db8::7", "Port 8000 on 2001:db8::7 can't be used"),
    ],
)
def test_address_of_another_machine_is_refused(host: str, message: str) -> None:
    with pytest.raises(PreparationFailed, match=message):
        ensure_free(WebAddress.at(host, 8000).host, 8000)


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_invalid_port_is_refused(port: str) -> None:
    done = CliRunner().invoke(commands.up, ["--port", port])
    assert done.exit_code == 2
    assert "1<=x<=65535" in done.output


@pytest.fixture(params=["::", "::1", "0.0.0.0", "localhost"])
def answering_server(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """Run a server that gives one answer."""
    processes = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(processes) as server:
        server.bind((request.param, 0))
        server.listen()

        def answer() -> None:
            taken, _ = server.accept()
            with taken:
                taken.recv(1000)
                taken.sendall(b"HTTP/1.1 503 Later\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield request.param, server.getsockname()[1]
        thread.join()


def test_answering_server_is_recognized(answering_server: tuple[str, int]) -> None:
    assert web_address.is_answering(*answering_server, allowed_host="localhost", https=False)


def test_silent_server_is_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_address, "ANSWER_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert not web_address.is_answering(
            "127.0.0.1", port, allowed_host="localhost", https=False
        )
    assert not web_address.is_answering("127.0.0.1", port, allowed_host="localhost", https=False)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", "localhost,127.0.0.1,[::1]"),
        ("::1", "localhost,127.0.0.1,[::1]"),
        ("192.168.1.5", "localhost,127.0.0.1,[::1],192.168.1.5"),
        ("fd00::5", "localhost,127.0.0.1,[::1],[fd00::5]"),
        ("::", None),
        ("0.0.0.0", None),
    ],
)
def test_listening_address_is_an_allowed_host(
    host: str, allowed: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    address = WebAddress.at(host, 8000)
    commands._use_listening_address(address)
    assert os.environ.get("PICPROCURE_ALLOWED_HOSTS") == allowed
    assert os.environ["PICPROCURE_SITE_URL"] == address.url.rstrip("/")


def test_allowed_hosts_of_the_operator_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PICPROCURE_ALLOWED_HOSTS": "photos.example"})
    commands._use_listening_address(WebAddress("192.168.1.5", 8000))
    assert os.environ == {"PICPROCURE_ALLOWED_HOSTS": "photos.example"}
