"""The ASGI application that the web server runs: the WSGI site behind an event loop.

There are few threads, so a client has one only while Python works on its request:

- The server reads headers, and small bodies are read here, before a thread is used.
- Finished pages and files are sent from here, after the thread is free again.
- Only large uploads and generated downloads hold a thread for as long as they take. Each of the
  two can use a third of the threads, and one person a few of them. A client that is slower than
  `BLOCK_BYTES` in `BLOCK_SECONDS` is disconnected. If others wait, the slowest client gives way
  (`transfers.py`).
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from picprocure.web.serving.exchange import ClientGone, Exchange, Receive, Refused, Send
from picprocure.web.serving.fair_queue import Turns
from picprocure.web.serving.transfers import Transfers
from picprocure.web.serving.wsgi import WsgiApplication, WsgiCall, environ_of

logger = logging.getLogger(__name__)

# Browsers send far less. Python reads all headers for each request.
MAX_HEADER_BYTES = 16 * 1024

# Nearly every form is smaller, and nearly every photo is larger.
SMALL_BODY_BYTES = 64 * 1024
SMALL_BODY_SECONDS = 20.0

# How long a large upload waits for its turn before it is told to come back.
TURN_SECONDS = 30.0

RETRY_AFTER_SECONDS = 10

# These still send files when all other threads wait for a locked database. The supervisor asks for
# a file, so it doesn't consider the server dead.
STATIC_THREADS = 2

# At once, in each process. Browsers open six connections.
REQUESTS_OF_ONE_CLIENT = 6
UPLOADS_OF_ONE_CLIENT = 4
DOWNLOADS_OF_ONE_PERSON = 3


class Front:
    """Run a WSGI application in `threads` threads behind an ASGI server.

    `session_cookie` is the name of the cookie that tells clients behind one address apart. Large
    bodies are refused without it. `behind_proxy` says that a proxy in front sends the client's
    address. Paths below `static_path` need no database and have their own threads.
    """

    def __init__(
        self,
        site: WsgiApplication,
        *,
        threads: int,
        session_cookie: str,
        static_path: str = "/static/",
        behind_proxy: bool = False,
    ) -> None:
        self._site = site
        self._session_cookie = session_cookie
        self._static_path = static_path
        self._behind_proxy = behind_proxy
        self._threads = ThreadPoolExecutor(threads + STATIC_THREADS, thread_name_prefix="web")
        self._static_turns = Turns(STATIC_THREADS)
        self._turns = Turns(threads, of_one_client=REQUESTS_OF_ONE_CLIENT)
        third = max(1, threads // 3)
        self._uploads = Transfers(third, of_one_client=UPLOADS_OF_ONE_CLIENT)
        self._senders = Turns(third, of_one_client=UPLOADS_OF_ONE_CLIENT)
        self._downloads = Transfers(third, of_one_client=DOWNLOADS_OF_ONE_PERSON)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            exchange = Exchange(receive, send)
            try:
                await self._answer(scope, exchange)
            except ClientGone:
                logger.debug("A client left, or was too slow.")
            finally:
                exchange.end()

    async def _answer(self, scope: dict[str, Any], exchange: Exchange) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            await exchange.refuse(431, "The request's headers are too long.")
            return
        environ = environ_of(scope)
        length = _content_length(environ)
        if length is None:
            await exchange.refuse(411, "Send the length of the request's body.")
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
            async with asyncio.timeout(TURN_SECONDS):
                upload = await self._uploads.begin(client, exchange)
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
            self._uploads.end(upload)

    async def _call(self, environ: dict[str, Any], exchange: Exchange, body: bytes | None) -> None:
        """Let a thread make the response, then send the rest of it."""
        client = self._session(environ) or self._address(environ)
        environ["picprocure.client"] = client
        loop = asyncio.get_running_loop()
        call = WsgiCall(exchange, loop, self._senders, self._downloads, body)
        is_static = environ["PATH_INFO"].startswith(self._static_path)
        turns = self._static_turns if is_static else self._turns
        await turns.take(client)
        try:
            rest = await loop.run_in_executor(self._threads, call.run, self._site, environ)
        except Refused as refused:
            await exchange.refuse(refused.status, str(refused), retry_after=RETRY_AFTER_SECONDS)
            return
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, this client gets no more
            # Django answers its own errors: this one broke off a response that had begun.
            logger.error("A response broke off: %s.", type(error).__name__)  # noqa: TRY400
            if not exchange.has_started:
                await exchange.refuse(500, "Something went wrong here.")
            return
        finally:
            turns.give_back(client)
        await exchange.send_rest(rest)

    def _session(self, environ: dict[str, Any]) -> str:
        """Return the session that a client claims to have. The site checks whether it exists."""
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
    """Return the announced size of the body in bytes; None if a body has no announced size."""
    announced = environ.get("CONTENT_LENGTH", "0")
    if "HTTP_TRANSFER_ENCODING" in environ or not announced.isdecimal():
        return None
    return int(announced)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
