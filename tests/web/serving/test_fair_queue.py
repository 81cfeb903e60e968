"""Fair turns between clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from picprocure.web.serving.asgi import ThreadedApplication
from picprocure.web.serving.fair_queue import FairQueue


async def in_order(queue: FairQueue, clients: list[str]) -> list[str]:
    """Send all requests of these clients at once, and return the clients in their order."""
    served = []

    async def request(client: str) -> None:
        await queue.acquire(client)
        served.append(client)
        await asyncio.sleep(0)
        queue.release(client)

    await asyncio.gather(*map(request, clients))
    return served


def test_client_with_many_requests_does_not_block_others() -> None:
    served = asyncio.run(in_order(FairQueue(1), ["greedy"] * 5 + ["bob", "charlie"]))

    assert served[:3] == ["greedy", "greedy", "bob"] or served[:3] == ["greedy", "bob", "charlie"]
    assert served.index("charlie") <= 4
    assert sorted(served) == ["bob", "charlie", *["greedy"] * 5]


def test_client_has_at_most_its_number_of_slots() -> None:
    queue = FairQueue(10, per_client=2)

    taken = [queue.try_acquire(client) for client in ("a", "a", "a", "b")]

    assert taken == [True, True, False, True]


def test_released_slot_is_free_again() -> None:
    queue = FairQueue(1)
    assert queue.try_acquire("a")
    assert not queue.try_acquire("b")

    queue.release("a")

    assert queue.try_acquire("b")


def test_cancelled_client_is_skipped() -> None:
    async def main() -> bool:
        queue = FairQueue(1)
        await queue.acquire("a")
        impatient = asyncio.ensure_future(queue.acquire("b"))
        patient = asyncio.ensure_future(queue.acquire("c"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        queue.release("a")
        await asyncio.wait_for(patient, 1)
        queue.release("c")
        return queue.try_acquire("d")

    assert asyncio.run(main())


def test_client_cancelled_at_its_turn_passes_the_slot_on() -> None:
    async def main() -> bool:
        queue = FairQueue(1)
        await queue.acquire("a")
        called = asyncio.ensure_future(queue.acquire("b"))
        await asyncio.sleep(0)
        queue.release("a")
        called.cancel()
        await asyncio.gather(called, return_exceptions=True)
        return queue.try_acquire("c")

    assert asyncio.run(main())


@pytest.mark.parametrize(
    ("behind_proxy", "headers", "client"),
    [
        (False, [], "192.0.2.1"),
        (False, [(b"x-forwarded-for", b"198.51.100.7")], "192.0.2.1"),
        (True, [(b"x-forwarded-for", b"203.0.113.9, 198.51.100.7")], "198.51.100.7"),
        (True, [], "192.0.2.1"),
        (True, [(b"cookie", b"a=1; session=abc")], "abc"),
        (False, [(b"cookie", b"session=")], "192.0.2.1"),
    ],
)
def test_client_is_identified_by_session_or_address(
    behind_proxy: bool, headers: list[tuple[bytes, bytes]], client: str
) -> None:
    seen = []

    def site(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["picprocure.client"])
        start_response("204 No Content", [])
        return []

    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(_message: dict[str, Any]) -> None:
        """Ignore the response."""

    async def send_request() -> None:
        application = ThreadedApplication(
            site, threads=2, session_cookie="session", behind_proxy=behind_proxy
        )
        scope = {
            "type": "http",
            "method": "GET",
            "raw_path": b"/",
            "query_string": b"",
            "http_version": "1.1",
            "scheme": "http",
            "client": ("192.0.2.1", 1),
            "headers": headers,
        }
        await application(scope, receive, send)

    asyncio.run(send_request())
    assert seen == [client]
