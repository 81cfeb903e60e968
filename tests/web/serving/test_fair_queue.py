"""Clients take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from picprocure.web.serving.asgi import Front
from picprocure.web.serving.fair_queue import Turns


async def in_order(turns: Turns, clients: list[str]) -> list[str]:
    """Let requests of these clients come at once; returns whose turn it was, in order."""
    served = []

    async def request(client: str) -> None:
        await turns.take(client)
        served.append(client)
        await asyncio.sleep(0)
        turns.give_back(client)

    await asyncio.gather(*map(request, clients))
    return served


def test_one_client_with_many_requests_does_not_make_others_wait_for_all_of_them() -> None:
    served = asyncio.run(in_order(Turns(1), ["greedy"] * 5 + ["bob", "charlie"]))

    assert served[:3] == ["greedy", "greedy", "bob"] or served[:3] == ["greedy", "bob", "charlie"]
    assert served.index("charlie") <= 4
    assert sorted(served) == ["bob", "charlie", *["greedy"] * 5]


def test_one_client_never_has_more_than_its_places() -> None:
    turns = Turns(10, of_one_client=2)

    taken = [turns.take_now(client) for client in ("a", "a", "a", "b")]

    assert taken == [True, True, False, True]


def test_a_place_is_free_again_after_it_was_given_back() -> None:
    turns = Turns(1)
    assert turns.take_now("a")
    assert not turns.take_now("b")

    turns.give_back("a")

    assert turns.take_now("b")


def test_whoever_gave_up_waiting_is_not_called() -> None:
    async def main() -> bool:
        turns = Turns(1)
        await turns.take("a")
        impatient = asyncio.ensure_future(turns.take("b"))
        patient = asyncio.ensure_future(turns.take("c"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        turns.give_back("a")
        await asyncio.wait_for(patient, 1)
        turns.give_back("c")
        return turns.take_now("d")

    assert asyncio.run(main())


def test_who_gives_up_in_the_moment_of_being_called_gives_the_place_to_the_next() -> None:
    async def main() -> bool:
        turns = Turns(1)
        await turns.take("a")
        called = asyncio.ensure_future(turns.take("b"))
        await asyncio.sleep(0)
        turns.give_back("a")
        called.cancel()
        await asyncio.gather(called, return_exceptions=True)
        return turns.take_now("c")

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
def test_a_client_is_a_session_or_else_an_address(
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
        """Nobody looks at the response."""

    async def ask() -> None:
        front = Front(site, threads=2, session_cookie="session", behind_proxy=behind_proxy)
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
        await front(scope, receive, send)

    asyncio.run(ask())
    assert seen == [client]
