"""One request and its response, as the event loop sees them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

# A client that takes longer to send or to fetch a block is disconnected: 4 kB a second.
BLOCK_BYTES: Final = 256 * 1024
BLOCK_SECONDS: Final = 60.0


class ClientGone(ConnectionError):
    """The client left, or was too slow."""


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
        self._gone: asyncio.Future[None] | None = None

    async def receive_block(self) -> bytes:
        """Return the next part of the body, b"" at its end. Raises ClientGone."""
        try:
            async with asyncio.timeout(BLOCK_SECONDS):
                return await self._received()
        except TimeoutError:
            raise ClientGone from None

    async def _received(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self._body_has_ended and size < BLOCK_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
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
        await asyncio.wait(watched, timeout=BLOCK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done() or (self._gone and self._gone.done()):
            sending.cancel()
            raise ClientGone
        sending.result()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
