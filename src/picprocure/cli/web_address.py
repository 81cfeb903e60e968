"""The address where the site listens, and checks that it answers there."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from picprocure.cli.prepare import PreparationFailed

# Addresses that stand for all networks, each with the address that reaches it on this machine.
WILDCARD_HOSTS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
ANSWER_SECONDS: Final = 8.0

# HealthMiddleware answers: the request passes the server, needs no database, and isn't logged.
ALIVE_PATH: Final = "/healthz"


@dataclass(frozen=True)
class WebAddress:
    """A host, without the brackets of IPv6 addresses, and a port."""

    host: str
    port: int

    @classmethod
    def at(cls, host: str, port: int) -> WebAddress:
        return cls(host.removeprefix("[").removesuffix("]"), port)

    @property
    def url(self) -> str:
        """The URL to open in a browser on this machine."""
        return f"http://{display_host(self.host)}:{self.port}/"


def url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def local_host(host: str) -> str:
    return WILDCARD_HOSTS.get(host, host)


def display_host(host: str) -> str:
    """Return the host as people on this machine would type it in a URL."""
    return "localhost" if host == "127.0.0.1" or host in WILDCARD_HOSTS else url_host(host)


def ensure_free(host: str, port: int) -> None:
    """Check that the site can listen there.

    Raises:
        PreparationFailed: The host is not an address of this machine, or the port is in use.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PreparationFailed(
            f"--host {host} is not an address of this machine ({error.strerror})."
        ) from error
    problems = [
        problem for family, *_, address in addresses if (problem := _bind_error(family, address))
    ]
    taken = [problem for problem in problems if problem.errno == errno.EADDRINUSE]
    if taken or len(problems) == len(addresses):
        problem = (taken or problems)[0]
        raise PreparationFailed(
            f"Port {port} on {host} can't be used ({problem.strerror}). "
            f"Choose another one: --port {port + 1} (with make: ARGS='--port {port + 1}')"
        ) from problem


def _bind_error(family: int, address: object) -> OSError | None:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)  # type: ignore[arg-type]
    except OSError as error:
        return error
    return None


def is_answering(host: str, port: int, *, allowed_host: str, https: bool) -> bool:
    """Return whether the web server gives any answer within eight seconds."""
    request = (
        f"GET {ALIVE_PATH} HTTP/1.1\r\nHost: {allowed_host}\r\nConnection: close\r\n"
        # The server takes turns between clients, and the supervisor counts as one of its own.
        f"Cookie: {settings.SESSION_COOKIE_NAME}=supervisor\r\n"
        f"X-Forwarded-Proto: {'https' if https else 'http'}\r\n\r\n"
    )
    try:
        with socket.create_connection((local_host(host), port), timeout=ANSWER_SECONDS) as probe:
            probe.sendall(request.encode())
            return probe.recv(5) == b"HTTP/"
    except OSError:
        return False
