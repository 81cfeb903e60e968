"""A thousand slow clients of each kind, and a guest who wants a page. Real server, no proxy."""

from __future__ import annotations

import http.client
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TypeAlias

import pytest

from browser.patience import wait_for

from .small_site import THREADS

pytestmark = pytest.mark.worker

SLOW_CLIENTS = 1_000
SOON = 8  # seconds: before the server disconnects any of the slow ones, however busy the machine is
PATIENCE = 60

Client: TypeAlias = Callable[[int, bytes], socket.socket]

COOKIE = b"Cookie: session=mallory\r\n"
LARGE = b"Content-Length: 20000000\r\n\r\n--x"
KINDS = {
    "idle": b"",
    "half a request line": b"GET /pa",
    "half the headers": b"GET /page HTTP/1.1\r\nHost: here\r\nX-Slow: ",
    "half a form": b"POST /hash HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n\r\na=",
    "half an upload": b"POST /hash HTTP/1.1\r\nHost: here\r\n" + COOKIE + LARGE,
    "half an upload of a stranger": b"POST /hash HTTP/1.1\r\nHost: here\r\n" + LARGE,
    "an unread download": b"GET /zip HTTP/1.1\r\nHost: here\r\n" + COOKIE + b"\r\n",
    "an unread file": b"GET /file/8388608 HTTP/1.1\r\nHost: here\r\n" + COOKIE + b"\r\n",
}


@pytest.fixture(scope="module", autouse=True)
def enough_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def slow_client() -> Iterator[Client]:
    """Create clients that send this and read nothing. They disconnect when the test ends."""
    with ExitStack() as open_clients:
        yield lambda port, request: open_clients.enter_context(_slow_client(port, request))


def _slow_client(port: int, request: bytes) -> socket.socket:
    """Create a client that sends this and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", port))
    client.sendall(request)
    return client


def page_seconds(port: int) -> float:
    start = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/page", headers={"Cookie": "session=bob"})
        with connection.getresponse() as response:
            assert response.read() == b"hello"
    return time.monotonic() - start


def begins_a_download(port: int, slow_client: Client) -> bool:
    with closing(slow_client(port, KINDS["an unread download"])) as client:
        client.settimeout(PATIENCE)
        return client.recv(12) == b"HTTP/1.1 200"


def upload(port: int, body: bytes) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/hash", body, {"Cookie": "session=host"})
        with connection.getresponse() as response:
            return response.status, response.read()


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_fast_while_a_thousand_clients_are_slow(
    start_server: Callable[..., int], slow_client: Client, kind: str
) -> None:
    port = start_server()

    for _ in range(SLOW_CLIENTS):
        slow_client(port, KINDS[kind])

    assert max(page_seconds(port) for _ in range(5)) < SOON


def test_unfinished_form_gets_408_and_is_disconnected(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server(SMALL_BODY_SECONDS="1")
    client = slow_client(port, KINDS["half a form"])
    client.settimeout(PATIENCE)

    assert client.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("kind", ["an unread download", "half an upload"])
def test_slots_of_slow_clients_are_released_after_the_time_limit(
    start_server: Callable[..., int], slow_client: Client, kind: str
) -> None:
    port = start_server(BLOCK_SECONDS="1")
    for _ in range(THREADS):
        slow_client(port, KINDS[kind])

    wait_for(lambda: begins_a_download(port, slow_client), "a free place", seconds=PATIENCE)


def test_slots_of_abandoned_downloads_are_soon_free(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server()

    for _ in range(3 * THREADS):
        wait_for(lambda: begins_a_download(port, slow_client), "a free place", seconds=PATIENCE)


@contextmanager
def trickling(clients: list[socket.socket], data: bytes) -> Iterator[None]:
    """Let clients send this several times a second."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.2):
            for client in clients:
                with suppress(OSError):
                    client.send(data)

    thread = threading.Thread(target=send)
    thread.start()
    yield
    over.set()
    thread.join()


def test_slow_uploads_are_preempted_by_a_waiting_upload(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    """Three accounts have as many connections as allowed, each at 5 kB a second."""
    port = start_server(GRACE_SECONDS="1")
    requests = [KINDS["half an upload"].replace(b"mallory", b"m%d" % n) for n in range(3)]
    clients = [slow_client(port, request) for request in 4 * requests]
    with trickling(clients, bytes(1000)):
        start = time.monotonic()
        status, _ = upload(port, bytes(100_000))
    assert status == 200
    assert time.monotonic() - start < PATIENCE / 2  # all slow ones end after as long


def test_slow_upload_is_not_preempted_if_no_client_waits(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server(GRACE_SECONDS="0.5")
    client = slow_client(port, KINDS["half an upload"].replace(b"20000000", b"70000"))
    with trickling([client], bytes(5_000)):
        client.settimeout(PATIENCE)
        assert client.recv(12) == b"HTTP/1.1 200"


def test_time_limit_of_a_body_depends_on_its_size(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server(BODY_SECONDS="1", BODY_BYTES_PER_SECOND="20000000")
    client = slow_client(port, KINDS["half an upload"])
    with trickling([client], bytes(1000)):
        client.settimeout(PATIENCE)
        assert client.recv(12) == b"HTTP/1.1 408"


def test_slow_downloads_are_preempted_by_a_new_download(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server(GRACE_SECONDS="1", MIN_BYTES_PER_SECOND="200000")
    for number in range(THREADS):
        request = KINDS["an unread download"].replace(b"mallory", b"m%d" % number)
        slow_client(port, request)

    wait_for(lambda: begins_a_download(port, slow_client), "a place", seconds=PATIENCE)


def test_person_can_have_three_simultaneous_downloads(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server()
    first_words = []
    clients = [slow_client(port, KINDS["an unread download"]) for _ in range(4)]
    for client in clients:
        client.settimeout(PATIENCE)
        first_words.append(client.recv(12))

    assert sorted(first_words) == [b"HTTP/1.1 200"] * 3 + [b"HTTP/1.1 503"]


def test_uploads_and_downloads_leave_threads_for_pages(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server()
    for kind in ("half an upload", "an unread download"):
        for number in range(3 * THREADS):
            request = KINDS[kind].replace(b"mallory", b"mallory%d" % number)
            slow_client(port, request)

    assert page_seconds(port) < SOON


def test_long_cookies_are_refused_cheaply(
    start_server: Callable[..., int], slow_client: Client
) -> None:
    port = start_server()
    head = b"GET /page HTTP/1.1\r\nHost: here\r\nCookie: " + b"a=b; " * 12_000
    for _ in range(20):
        with suppress(ConnectionError):
            slow_client(port, head + b"\r\n\r\n")

    assert page_seconds(port) < SOON
