"""A store that fails for a while: a proxy in front of it that answers each request with 503."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class FaultyStore:
    """Passes connections on to a port of this machine, except during an outage."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._is_away = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self._cut()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Answer all requests with 503, and end those that run."""
        self._is_away.set()
        self._cut()
        try:
            yield
        finally:
            self._is_away.clear()

    def _cut(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=(client,), daemon=True).start()

    def _handle(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self._is_away.is_set():
                client.settimeout(1)
                with contextlib.suppress(TimeoutError):
                    client.recv(65536)
                client.sendall(UNAVAILABLE)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):  # otherwise, the client would miss the answer
                    pass
                return
            with socket.create_connection(self._target) as store:
                self._open |= {client, store}
                back = threading.Thread(target=_pass_on, args=(store, client), daemon=True)
                back.start()
                _pass_on(client, store)
                back.join()
                self._open -= {client, store}


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
