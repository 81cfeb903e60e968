"""The ASGI application that the web server runs. It runs the WSGI application in threads.

There are few threads, so a client occupies one only while Python works on its request:

- The web server reads headers, and this module reads small bodies, before a thread is used.
- This module sends complete pages and files after the thread is free again.
- Only large uploads and generated downloads occupy a thread until they end. Each of the two can
  use a third of the threads, and one person a few of them. A client that is slower than
  `BLOCK_BYTES` in `BLOCK_SECONDS` is disconnected. If others wait, the slowest client is
  preempted (`transfers.py`).
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from picprocure.web.serving.exchange import ClientDisconnected, Exchange, Receive, Refused, Send
from picprocure.web.serving.fair_queue import FairQueue
from picprocure.web.serving.transfers import Transfers
from picprocure.web.serving.wsgi import WsgiApplication, WsgiCall, wsgi_environ

logger = logging.getLogger(__name__)

# Browsers send far less. Python reads all headers for each request.
MAX_HEADER_BYTES = 16 * 1024

# Nearly every form is smaller, and nearly every photo is larger.
SMALL_BODY_BYTES = 64 * 1024
SMALL_BODY_SECONDS = 20.0

# How long a large upload waits in the queue before the client has to try again.
QUEUE_SECONDS = 30.0

RETRY_AFTER_SECONDS = 10

# These still send static files when all other threads wait for a locked database. The supervisor
# requests such a file, so that it doesn't consider the server dead.
STATIC_THREADS = 2

# Simultaneous requests per process. Browsers open six connections.
REQUESTS_OF_ONE_CLIENT = 6
UPLOADS_OF_ONE_CLIENT = 4
DOWNLOADS_OF_ONE_PERSON = 3


def transfers_at_once(threads: int) -> int:
    """Return how many large uploads may occupy a thread, and how many generated downloads."""
    return max(1, threads // 3)


class ThreadedApplication:
    """An ASGI application that runs a WSGI application in threads."""

    def __init__(
        self,
        site: WsgiApplication,
        *,
        threads: int,
        session_cookie: str,
        paths_without_database: tuple[str, ...] = ("/static/",),
        behind_proxy: bool = False,
    ) -> None:
        """Create the threads and queues.

        Args:
            site: The WSGI application.
            threads: The number of threads.
            session_cookie: The cookie that distinguishes clients with the same address. Large
                bodies are refused without it.
            paths_without_database: The beginnings of paths that have their own threads, since they
                don't need the database.
            behind_proxy: Whether a proxy in front sends the client's address.
        """
        self._site = site
        self._session_cookie = session_cookie
        self._paths_without_database = paths_without_database
        self._behind_proxy = behind_proxy
        self._threads = ThreadPoolExecutor(threads + STATIC_THREADS, thread_name_prefix="web")
        self._static_queue = FairQueue(STATIC_THREADS)
        self._queue = FairQueue(threads, per_client=REQUESTS_OF_ONE_CLIENT)
        third = transfers_at_once(threads)
        self._uploads = Transfers(third, per_client=UPLOADS_OF_ONE_CLIENT)
        self._upload_senders = FairQueue(third, per_client=UPLOADS_OF_ONE_CLIENT)
        self._downloads = Transfers(third, per_client=DOWNLOADS_OF_ONE_PERSON)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
        elif scope["type"] == "http":
            exchange = Exchange(receive, send)
            try:
                await self._answer(scope, exchange)
            except ClientDisconnected:
                logger.debug("A client left, or was too slow.")
            finally:
                exchange.end()

    async def _answer(self, scope: dict[str, Any], exchange: Exchange) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            await exchange.refuse(431, "The request's headers are too long.")
            return
        environ = wsgi_environ(scope)
        length = _content_length(environ)
        if length is None:
            await exchange.refuse(411, "Send the length of the request's body.")
        elif length == 0:
            exchange.expect_no_body()
            await self._call(environ, exchange, b"")
        elif length <= SMALL_BODY_BYTES:
            await self._answer_small(environ, exchange)
        else:
            await self._answer_large(environ, exchange, length)

    async def _answer_small(self, environ: dict[str, Any], exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(SMALL_BODY_SECONDS):
                body = await exchange.whole_body()
        except (TimeoutError, Refused):
            await exchange.refuse(408, "The request took too long to arrive.")
            return
        await self._call(environ, exchange, body)

    async def _answer_large(self, environ: dict[str, Any], exchange: Exchange, length: int) -> None:
        client = self._session(environ)
        if not client:
            limit = SMALL_BODY_BYTES // 1024
            await exchange.refuse(413, f"Sign in to send more than {limit} kB.")
            return
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                upload = await self._uploads.start(client, exchange)
        except TimeoutError:
            await exchange.refuse(
                503,
                "Too many uploads at once. Try again in a moment.",
                retry_after=RETRY_AFTER_SECONDS,
            )
            return
        exchange.limit_body(length)
        try:
            await self._call(environ, exchange, None)
        finally:
            self._uploads.finish(upload)

    async def _call(self, environ: dict[str, Any], exchange: Exchange, body: bytes | None) -> None:
        """Create the response in a thread, then send the rest of it."""
        client = self._session(environ) or self._address(environ)
        environ["picprocure.client"] = client
        loop = asyncio.get_running_loop()
        call = WsgiCall(exchange, loop, self._upload_senders, self._downloads, body)
        needs_database = not environ["PATH_INFO"].startswith(self._paths_without_database)
        queue = self._queue if needs_database else self._static_queue
        await queue.acquire(client)
        try:
            rest = await loop.run_in_executor(self._threads, call.run, self._site, environ)
        except Refused as refused:
            await exchange.refuse(refused.status, str(refused), retry_after=RETRY_AFTER_SECONDS)
            return
        except ClientDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 -- the connection ends in any case
            # Django handles errors of its views. This one interrupted a response.
            logger.error("A response broke off: %s.", type(error).__name__)  # noqa: TRY400
            if not exchange.has_started:
                await exchange.refuse(500, "Something went wrong here.")
            return
        finally:
            queue.release(client)
        await exchange.send_remaining(rest)

    def _session(self, environ: dict[str, Any]) -> str:
        """Return the session that the client claims to have. The site checks whether it exists."""
        for cookie in environ.get("HTTP_COOKIE", "").split(";"):
            name, _, value = cookie.partition("=")
            if name.strip() == self._session_cookie:
                return str(value.strip())
        return ""

    def _address(self, environ: dict[str, Any]) -> str:
        address = str(environ["REMOTE_ADDR"])
        if self._behind_proxy:
            forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            return forwarded or address
        return address


def _content_length(environ: dict[str, Any]) -> int | None:
    """Return the announced size of the body in bytes, or None if a body has no announced size."""
    content_length = environ.get("CONTENT_LENGTH", "0")
    if "HTTP_TRANSFER_ENCODING" in environ or not content_length.isdecimal():
        return None
    return int(content_length)


async def _handle_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
