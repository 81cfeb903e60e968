"""Calls of a WSGI application in a thread (PEP 3333)."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import IO, Any, Final, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from picprocure.web.serving.exchange import (
    BLOCK_BYTES,
    Exchange,
    Headers,
    NoFreeSlot,
    RemainingResponse,
)
from picprocure.web.serving.fair_queue import FairQueue
from picprocure.web.serving.transfers import Transfer, Transfers

Environ: TypeAlias = dict[str, Any]
WsgiApplication: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
T = TypeVar("T")

# A response up to this size is complete before any of it is sent.
PAGE_BYTES: Final = 1024 * 1024


class WsgiCall:
    """One call of the application. `run` belongs to its thread, all else to the event loop."""

    def __init__(
        self,
        exchange: Exchange,
        loop: asyncio.AbstractEventLoop,
        senders: FairQueue,
        downloads: Transfers,
        body: bytes | None,
    ) -> None:
        self._exchange, self._loop = exchange, loop
        self._upload_senders, self._downloads = senders, downloads
        self._body = body
        self._rest = RemainingResponse(500, [])
        self._buffered_bytes = 0
        self._environ: Environ = {}
        self._is_upload = False
        self._download: Transfer | None = None

    def run(self, application: WsgiApplication, environ: Environ) -> RemainingResponse:
        """Call the application, and return the part of the response that is still to be sent.

        Raises:
            ClientDisconnected: The client disconnected, or was too slow.
            Refused: The transfer was refused or preempted.
            Exception: Any error of a response that has begun.
        """
        self._environ = environ
        environ["wsgi.input"] = self._input()
        try:
            self._make_response(application, environ)
        finally:
            if self._is_upload:
                self._loop.call_soon_threadsafe(self._upload_senders.release, self._person)
            if self._download:
                self._loop.call_soon_threadsafe(self._downloads.finish, self._download)
        return self._rest

    def _make_response(self, application: WsgiApplication, environ: Environ) -> None:
        result = application(environ, self._start_response)
        close: Callable[[], None] = getattr(result, "close", lambda: None)
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                return
            if isinstance(result, FileWrapper):
                self._rest.file = _opened_again(result.filelike)
            if self._rest.file is None:
                for chunk in result:
                    self._write(chunk)
        finally:
            # In this thread, since the site then also releases the thread's database connection.
            close()

    def _input(self) -> IO[bytes]:
        if self._body is not None:
            return io.BytesIO(self._body)
        return io.BufferedReader(StreamedBody(self._next_block), BLOCK_BYTES)

    def _next_block(self) -> bytes:
        if not self._is_upload:
            self._wait_for(self._begin_upload())
        return self._wait_for(self._exchange.receive_block())

    async def _begin_upload(self) -> None:
        if not self._upload_senders.try_acquire(self._person):
            raise NoFreeSlot("You're uploading too many files at once. Try again when one is done.")
        self._is_upload = True

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self._rest.status = int(status.split(" ", 1)[0])
        self._rest.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return self._write

    def _write(self, chunk: bytes) -> None:
        if not self._download and self._buffered_bytes + len(chunk) <= PAGE_BYTES:
            self._buffered_bytes += len(chunk)
            self._rest.chunks.append(chunk)
            return
        if not self._download:
            self._wait_for(self._begin_download())
        self._wait_for(self._exchange.send_block(chunk))

    @property
    def _person(self) -> str:
        """Return the client, or the person if the site has identified one (`web/middleware.py`)."""
        return str(self._environ["picprocure.client"])

    async def _begin_download(self) -> None:
        self._download = await self._downloads.try_start(self._person, self._exchange)
        if not self._download:
            raise NoFreeSlot("Too many downloads at once. Try again when one is done.")
        await self._exchange.start(self._rest.status, self._rest.headers)
        buffered, self._rest.chunks = self._rest.chunks, []
        for chunk in buffered:
            await self._exchange.send_block(chunk)

    def _wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class StreamedBody(io.RawIOBase):
    """A request body that a thread reads while it arrives."""

    def __init__(self, next_block: Callable[[], bytes]) -> None:
        self._next_block = next_block
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._next_block())
        size = min(len(target), len(self._rest))
        target[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def wsgi_environ(scope: dict[str, Any]) -> Environ:
    """Return the WSGI environment of an ASGI request.

    Headers with an underscore in their name are left out. WSGI can't distinguish them from others,
    such as X-Forwarded-Proto, that a proxy in front may have removed.
    """
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for key, value in _environ_headers(scope["headers"]):
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ


def _environ_headers(headers: Headers) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        if b"_" not in name:
            key = name.decode("latin-1").upper().replace("-", "_")
            is_plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            yield key if is_plain else f"HTTP_{key}", value.decode("latin-1")


def _opened_again(file: Any) -> io.FileIO | None:
    """Open a real file again, at its position. Return None for other objects."""
    try:
        descriptor = os.dup(file.fileno())
        # Python may have read further into the file than it has returned.
        os.lseek(descriptor, file.tell(), os.SEEK_SET)
    except (AttributeError, OSError, ValueError):
        return None
    return io.FileIO(descriptor)
