"""Requests and responses through a real server."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from browser.patience import wait_for
from picprocure.web.serving.asgi import SMALL_BODY_BYTES

pytestmark = pytest.mark.worker

SIGNED_IN = {"Cookie": "session=abc"}


@pytest.fixture
def port(start_server: Callable[..., int]) -> int:
    return start_server()


def send_request(
    port: int, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str = ""
) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method or ("POST" if body else "GET"), path, body, headers or {})
        with connection.getresponse() as response:
            return response.status, response.read()


def send_raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        response = b""
        while part := connection.recv(65536):
            response += part
        return response


def test_site_receives_the_request_as_it_was_sent(port: int) -> None:
    request = (
        b"GET /environ?a=%C3%A4 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n"
    )
    environ = json.loads(send_raw(port, request).split(b"\r\n\r\n", 1)[1])

    assert environ["QUERY_STRING"] == "a=%C3%A4"
    assert environ["HTTP_HOST"] == "here"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_TWO"] == "1,2"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("name", ["X_Forwarded_Proto", "X_Forwarded_For", "Content_Length"])
def test_header_with_an_underscore_does_not_replace_another(port: int, name: str) -> None:
    status, content = send_request(port, "/environ", headers={name: "https"})

    assert status == 200
    assert "https" not in json.loads(content).values()


@pytest.mark.parametrize("size", [0, 1, SMALL_BODY_BYTES, SMALL_BODY_BYTES + 1, 9_000_000])
def test_body_arrives_completely(port: int, size: int) -> None:
    body = random.Random(size).randbytes(size)

    status, content = send_request(port, "/hash", body, SIGNED_IN, method="POST")

    assert (status, json.loads(content)) == (200, hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("size", [256, 256 * 1024, 30 * 1024 * 1024])
def test_file_arrives_completely(port: int, size: int) -> None:
    assert send_request(port, f"/file/{size}") == (200, bytes(range(256)) * (size // 256))


def test_head_has_the_length_and_no_content(port: int) -> None:
    response = send_raw(
        port, b"HEAD /page HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    ).lower()

    assert b"content-length: 5" in response
    assert response.endswith(b"\r\n\r\n")


def test_stranger_cannot_send_a_large_body(port: int) -> None:
    head = b"POST /hash HTTP/1.1\r\nHost: here\r\nContent-Length: 20000000\r\n\r\n"

    response = send_raw(port, head + b"only the beginning")

    assert response.startswith(b"HTTP/1.1 413")
    assert b"Sign in to send more than 64 kB." in response


def test_unread_large_body_is_answered_immediately(port: int) -> None:
    head = (
        b"POST /unread HTTP/1.1\r\nHost: here\r\nCookie: session=a\r\nContent-Length: 9000000\r\n"
    )

    response = send_raw(port, head + b"Connection: close\r\n\r\n")

    assert b"the body was not read" in response


def test_body_without_length_is_refused_with_411(port: int) -> None:
    head = b"POST /hash HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"

    assert send_raw(port, head + b"0\r\n\r\n").startswith(b"HTTP/1.1 411")


def test_error_before_the_response_is_a_500(port: int) -> None:
    assert send_request(port, "/broken/early")[0] == 500


def test_error_in_a_download_does_not_look_like_its_end(port: int) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        send_request(port, "/broken/late")


def test_download_of_3_gb_needs_little_memory(port: int) -> None:
    received = 0
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/zip")
        with connection.getresponse() as response:
            while block := response.read(1024 * 1024):
                received += len(block)

    assert received == 3 * 1024**3
    assert json.loads(send_request(port, "/memory")[1]) < 200


def test_server_that_ends_finishes_the_request_in_hand(
    port: int, started: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(send_request, port, "/slow")
        wait_for((tmp_path / "begun").exists, "a request in hand")
        started[0].terminate()
        wait_for(lambda: not _accepts(port), "an end of new connections")
        assert not answer.done()
        (tmp_path / "finish").touch()
        assert answer.result() == (200, b'"finished"')
    assert started[0].wait(timeout=60) == 0


def _accepts(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
