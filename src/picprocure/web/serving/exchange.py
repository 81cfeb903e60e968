"""A request and its response, from the event loop's side."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from picprocure.web.serving.transfer_rate import TransferRate

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

# A client that takes longer for a block, less than 4 kB per second, is disconnected.
BLOCK_BYTES: Final = 256 * 1024
BLOCK_SECONDS: Final = 60.0

# The time limit of a body is this time plus its announced size at the minimum speed. A phone has
# nine minutes for a photo of 5 MB.
BODY_SECONDS = 60.0
BODY_BYTES_PER_SECOND = 10_000


class ClientDisconnected(ConnectionError):
    """The client disconnected, or was too slow."""


class Refused(BaseException):
    """Ends a transfer with an error response. A BaseException, as the site must not handle it."""

    status = 500


class NoFreeSlot(Refused):
    """All threads for such transfers are in use."""

    status = 503


class TooSlow(Refused):
    """The body didn't arrive in time."""

    status = 408


@dataclass
class RemainingResponse:
    """The part of a response that is sent without a thread.

    Attributes:
        chunks: The content.
        file: An open file with the content, instead of chunks. It is closed at the end.
    """

    status: int
    headers: Headers
    chunks: list[bytes] = field(default_factory=list)
    file: io.FileIO | None = None


def _is_all(content: bytes, rest: RemainingResponse) -> bool:
    """Return whether this is the whole content of a small response."""
    return len(content) < BLOCK_BYTES or (rest.file is None and len(content) == BLOCK_BYTES)


class Exchange:
    """Receives a request body and sends a response, with a time limit for each block."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.has_started = False
        self._receive, self._send = receive, send
        self._body_has_ended = False
        self._body_ends_at = float("inf")
        self._disconnect: asyncio.Future[None] | None = None
        self.rate, self.is_preempted = TransferRate(), False
        self._limit: asyncio.Timeout | None = None

    def expect_no_body(self) -> None:
        self._body_has_ended = True

    def limit_body(self, size: int) -> None:
        self._body_ends_at = time.monotonic() + BODY_SECONDS + size / BODY_BYTES_PER_SECOND

    def preempt(self) -> None:
        """Stop waiting for this client, as another one needs its slot."""
        self.is_preempted = True
        if self._limit is not None:
            with suppress(RuntimeError):  # it has just run out
                self._limit.reschedule(asyncio.get_running_loop().time())

    async def receive_block(self) -> bytes:
        """Return the next part of the body, or b"" at its end.

        Raises:
            ClientDisconnected: The client disconnected.
            Refused: The client is too slow, or was preempted.
        """
        seconds = min(BLOCK_SECONDS, self._body_ends_at - time.monotonic())
        try:
            async with self._waiting_for_client(seconds):
                return await self._read_block()
        except TimeoutError:
            if self.is_preempted:
                raise NoFreeSlot(
                    "The connection is too slow while others wait. Try again."
                ) from None
            raise TooSlow("The request took too long to arrive.") from None

    @asynccontextmanager
    async def _waiting_for_client(self, seconds: float) -> AsyncIterator[None]:
        """Measure the time in this block, and limit it.

        Raises:
            TimeoutError: The time is over, or the client was preempted.
        """
        with self.rate.waiting():
            try:
                async with asyncio.timeout(0 if self.is_preempted else seconds) as self._limit:
                    yield
            finally:
                self._limit = None

    async def _read_block(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self._body_has_ended and size < BLOCK_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self.rate.count(len(parts[-1]))
            self._body_has_ended = not message.get("more_body", False)
        return b"".join(parts)

    async def whole_body(self) -> bytes:
        parts = []
        while not self._body_has_ended:
            parts.append(await self.receive_block())
        return b"".join(parts)

    async def start(self, status: int, headers: Headers) -> None:
        self.has_started = True
        await self._send_message(
            {"type": "http.response.start", "status": status, "headers": headers}
        )

    async def send_block(self, data: bytes) -> None:
        """Send a part of the body.

        Raises:
            ClientDisconnected: The client disconnected, or was too slow.
        """
        await self._send_message({"type": "http.response.body", "body": data, "more_body": True})

    async def send_remaining(self, rest: RemainingResponse) -> None:
        """Send what the thread left to send, and end the response.

        Raises:
            ClientDisconnected: The client disconnected, or was too slow.
        """
        try:
            content = b"".join(rest.chunks) if rest.file is None else rest.file.read(BLOCK_BYTES)
            if not self.has_started and _is_all(content, rest):
                await self._send_at_once(rest, content)
                return
            if not self.has_started:
                await self.start(rest.status, rest.headers)
            while len(content) > BLOCK_BYTES:
                await self.send_block(content[:BLOCK_BYTES])
                content = content[BLOCK_BYTES:]
            while rest.file is not None and content:
                await self.send_block(content)
                content = rest.file.read(BLOCK_BYTES)
            await self._send_message({"type": "http.response.body", "body": content})
        finally:
            if rest.file is not None:
                rest.file.close()

    async def _send_at_once(self, rest: RemainingResponse, content: bytes) -> None:
        """Send a small response. The server takes all of it and doesn't wait for the client."""
        self.has_started = True
        await self._send(
            {"type": "http.response.start", "status": rest.status, "headers": rest.headers}
        )
        await self._send({"type": "http.response.body", "body": content})

    async def refuse(self, status: int, text: str, *, retry_after: int | None = None) -> None:
        """Send a plain text response without calling the site."""
        self.is_preempted = False  # the response has its own time limit
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode()))
        content = f"{HTTPStatus(status).phrase}. {text}\n".encode()
        headers.append((b"content-length", str(len(content)).encode()))
        await self.send_remaining(RemainingResponse(status, headers, [content]))

    def end(self) -> None:
        if self._disconnect is not None:
            self._disconnect.cancel()

    async def _send_message(self, message: Message) -> None:
        """Send a message to the server.

        After a client has disconnected, the server's `send` may return normally or never return.

        Raises:
            ClientDisconnected: The client disconnected, or was too slow.
        """
        if self._body_has_ended and self._disconnect is None:
            self._disconnect = asyncio.ensure_future(self._wait_for_disconnect())
        sending = asyncio.ensure_future(self._send(message))
        pending = {sending, self._disconnect} if self._disconnect else {sending}
        with suppress(TimeoutError):
            async with self._waiting_for_client(BLOCK_SECONDS):
                await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done() or (self._disconnect and self._disconnect.done()):
            sending.cancel()
            raise ClientDisconnected
        sending.result()
        self.rate.count(len(message.get("body", b"")))

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
