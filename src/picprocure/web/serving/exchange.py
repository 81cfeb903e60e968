"""One request and its response, as the event loop sees them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from picprocure.web.serving.pace import Pace

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

# A client that takes longer to send or to fetch a block is disconnected: 4 kB a second.
BLOCK_BYTES: Final = 256 * 1024
BLOCK_SECONDS: Final = 60.0

# A body has this time, and the time that its announced size takes at the slowest speed. A phone
# has nine minutes for a photo of 5 MB.
BODY_SECONDS = 60.0
BODY_BYTES_PER_SECOND = 10_000


class ClientGone(ConnectionError):
    """The client left, or was too slow."""


class Refused(BaseException):
    """Ends a transfer with an answer. A BaseException, so the site doesn't handle it."""

    status = 500


class TooMany(Refused):
    """No thread is left for this transfer."""

    status = 503


class TooSlow(Refused):
    """The body didn't arrive in time."""

    status = 408


@dataclass
class Rest:
    """The part of a response that is sent without a thread: bytes, or an open file."""

    status: int
    headers: Headers
    chunks: list[bytes] = field(default_factory=list)
    file_number: int | None = None
    close: Callable[[], None] = lambda: None


class Exchange:
    """Receives a body and sends a response, each block within its time."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.has_started = False
        self._receive, self._send = receive, send
        self._body_has_ended = False
        self._body_ends_at = float("inf")
        self._gone: asyncio.Future[None] | None = None
        self.pace, self.gives_way = Pace(), False
        self._limit: asyncio.Timeout | None = None

    def limit_body(self, size: int) -> None:
        self._body_ends_at = time.monotonic() + BODY_SECONDS + size / BODY_BYTES_PER_SECOND

    def give_way(self) -> None:
        """Stop waiting for this client, since another one needs its place."""
        self.gives_way = True
        if self._limit is not None:
            with suppress(RuntimeError):  # it has just run out
                self._limit.reschedule(asyncio.get_running_loop().time())

    async def receive_block(self) -> bytes:
        """Return the next part of the body, b"" at its end. Raises ClientGone and Refused."""
        seconds = min(BLOCK_SECONDS, self._body_ends_at - time.monotonic())
        try:
            async with self._waiting_for_client(seconds):
                return await self._received()
        except TimeoutError:
            if self.gives_way:
                raise TooMany("The connection is too slow while others wait. Try again.") from None
            raise TooSlow("The request took too long to arrive.") from None

    @asynccontextmanager
    async def _waiting_for_client(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError after this time, or when the client has to give way."""
        with self.pace.waiting():
            try:
                async with asyncio.timeout(0 if self.gives_way else seconds) as self._limit:
                    yield
            finally:
                self._limit = None

    async def _received(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self._body_has_ended and size < BLOCK_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self.pace.count(len(parts[-1]))
            self._body_has_ended = not message.get("more_body", False)
        return b"".join(parts)

    async def whole_body(self) -> bytes:
        parts = []
        while not self._body_has_ended:
            parts.append(await self.receive_block())
        return b"".join(parts)

    async def start(self, status: int, headers: Headers) -> None:
        self.has_started = True
        await self._send_or_leave(
            {"type": "http.response.start", "status": status, "headers": headers}
        )

    async def send_block(self, data: bytes) -> None:
        """Raises ClientGone."""
        await self._send_or_leave({"type": "http.response.body", "body": data, "more_body": True})

    async def send_rest(self, rest: Rest) -> None:
        """Send what the thread left to send, and end the response. Raises ClientGone."""
        try:
            if not self.has_started:
                await self.start(rest.status, rest.headers)
            content = b"".join(rest.chunks)
            while len(content) > BLOCK_BYTES:
                await self.send_block(content[:BLOCK_BYTES])
                content = content[BLOCK_BYTES:]
            if rest.file_number is not None:
                while block := os.read(rest.file_number, BLOCK_BYTES):
                    await self.send_block(block)
            await self._send_or_leave({"type": "http.response.body", "body": content})
        finally:
            rest.close()

    async def refuse(self, status: int, text: str, *, retry_after: int | None = None) -> None:
        """Answer in plain text, without calling the site."""
        self.gives_way = False  # it has: the answer has its own time
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode()))
        content = f"{HTTPStatus(status).phrase}. {text}\n".encode()
        headers.append((b"content-length", str(len(content)).encode()))
        await self.send_rest(Rest(status, headers, [content]))

    def end(self) -> None:
        if self._gone is not None:
            self._gone.cancel()

    async def _send_or_leave(self, message: Message) -> None:
        """Send a message, or raise ClientGone.

        After a client has left, the server's `send` may return normally, or never return.
        """
        if self._body_has_ended and self._gone is None:
            self._gone = asyncio.ensure_future(self._disconnected())
        sending = asyncio.ensure_future(self._send(message))
        watched = {sending, self._gone} if self._gone else {sending}
        with suppress(TimeoutError):
            async with self._waiting_for_client(BLOCK_SECONDS):
                await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done() or (self._gone and self._gone.done()):
            sending.cancel()
            raise ClientGone
        sending.result()
        self.pace.count(len(message.get("body", b"")))

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
