"""The address where the site listens, and checks that it answers there."""

from __future__ import annotations

import errno
import socket
from typing import Final

from django.conf import settings

from picprocure.cli.prepare import PreparationFailed

# Addresses that stand for every network, and where this machine reaches them.
EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
ANSWER_SECONDS: Final = 8.0

# Passes through the whole server, without the database, and isn't logged.
PAGE: Final = "/static/picprocure/logo.svg"


def plain(host: str) -> str:
    """Return an address without the brackets that it has in links."""
    return host.removeprefix("[").removesuffix("]")


def in_link(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def reachable(host: str) -> str:
    return EVERY.get(host, host)


def shown(host: str) -> str:
    """Return the address as people on this machine type it."""
    return "localhost" if host == "127.0.0.1" or host in EVERY else in_link(host)


def ensure_free(host: str, port: int) -> None:
    """Raise PreparationFailed if the site can't listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PreparationFailed(
            f"--host {host} is not an address of this machine ({error.strerror})."
        ) from error
    problems = [problem for family, *_, address in found if (problem := _problem(family, address))]
    taken = [problem for problem in problems if problem.errno == errno.EADDRINUSE]
    if taken or len(problems) == len(found):
        problem = (taken or problems)[0]
        raise PreparationFailed(
            f"Port {port} on {host} can't be used ({problem.strerror}). "
            f"Choose another one: --port {port + 1} (with make: ARGS='--port {port + 1}')"
        ) from problem


def _problem(family: int, address: object) -> OSError | None:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)  # type: ignore[arg-type]
    except OSError as error:
        return error
    return None


def answers(host: str, port: int, *, allowed_host: str, https: bool) -> bool:
    """Return whether the web server gives any answer within eight seconds."""
    request = (
        f"GET {PAGE} HTTP/1.1\r\nHost: {allowed_host}\r\nConnection: close\r\n"
        # The supervisor counts as its own client, and the server gives each one a turn.
        f"Cookie: {settings.SESSION_COOKIE_NAME}=supervisor\r\n"
        f"X-Forwarded-Proto: {'https' if https else 'http'}\r\n\r\n"
    )
    try:
        with socket.create_connection((reachable(host), port), timeout=ANSWER_SECONDS) as probe:
            probe.sendall(request.encode())
            return probe.recv(5) == b"HTTP/"
    except OSError:
        return False
