"""Which transfer gives way to a client who waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from picprocure.web.serving import transfers
from picprocure.web.serving.exchange import Exchange, TooMany
from picprocure.web.serving.pace import MEASURED_BYTES, Pace
from picprocure.web.serving.transfers import Transfers


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def _ignored(_message: dict[str, Any]) -> None: ...


class Sender:
    """A client in the middle of an upload, at a constant speed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
        self.exchange = Exchange(_never, _ignored)
        monkeypatch.setattr(self.exchange.pace, "bytes_per_second", lambda: speed)
        self.reading = asyncio.ensure_future(self.exchange.receive_block())

    async def has_given_way(self) -> bool:
        await asyncio.wait({self.reading}, timeout=0.1)
        if not self.reading.done():
            self.reading.cancel()
            return False
        with pytest.raises(TooMany):
            self.reading.result()
        return True


async def _given_way(
    monkeypatch: pytest.MonkeyPatch, *running: tuple[str, float], asks: str = "guest"
) -> list[str]:
    """Fill all places with clients of these speeds. Returns those who give way to the next."""
    places = Transfers(len(running), of_one_client=4)
    senders = []
    for client, speed in running:
        sender = Sender(monkeypatch, speed)
        assert await places.begin_soon(client, sender.exchange)
        senders.append((client, sender))
    await asyncio.sleep(0)
    await places.begin_soon(asks, Exchange(_never, _ignored))
    return [client for client, sender in senders if await sender.has_given_way()]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "GENTLE_SECONDS", 0.0)
    monkeypatch.setattr(transfers, "LEAVE_SECONDS", 0.1)


@pytest.mark.parametrize(
    ("running", "given_way"),
    [
        ([("a", 19_000), ("b", 5_000), ("c", 9_000)], ["b"]),
        ([("a", 25_000), ("b", 9_000_000)], []),  # a phone that is fast enough stays
        ([("a", 25_000), ("b", 30_000), ("b", 31_000)], ["b"]),  # one of two places
        ([("guest", 100.0)] * 4, []),  # those who have their share wait for themselves
    ],
)
def test_the_slowest_gives_way(
    running: list[tuple[str, float]], given_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(_given_way(monkeypatch, *running)) == given_way


def test_everyone_has_a_place_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "GENTLE_SECONDS", 10.0)
    assert asyncio.run(_given_way(monkeypatch, ("a", 0.0))) == []


def test_the_pace_is_that_of_the_last_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    measured = Pace()
    for _ in range(12):  # buffers take three megabytes at once
        with measured.waiting():
            measured.count(MEASURED_BYTES)
    now += 1000.0  # the site is slow; this is not the client's time
    assert measured.bytes_per_second() > 1_000_000
    with measured.waiting():
        now += 20.0
        assert measured.bytes_per_second() < 20_000
    with measured.waiting():
        measured.count(10 * MEASURED_BYTES)
    assert measured.bytes_per_second() > 100_000
