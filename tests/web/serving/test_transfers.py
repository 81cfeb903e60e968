"""Preemption of slow transfers by a waiting client."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from picprocure.web.serving import transfers
from picprocure.web.serving.exchange import Exchange, NoFreeSlot
from picprocure.web.serving.transfer_rate import WINDOW_BYTES, TransferRate
from picprocure.web.serving.transfers import Transfers


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def _ignored(_message: dict[str, Any]) -> None: ...


class Sender:
    """A client in the middle of an upload, at a constant speed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
        self.exchange = Exchange(_never, _ignored)
        monkeypatch.setattr(self.exchange.rate, "bytes_per_second", lambda: speed)
        self.reading = asyncio.ensure_future(self.exchange.receive_block())

    async def was_preempted(self) -> bool:
        await asyncio.wait({self.reading}, timeout=0.1)
        if not self.reading.done():
            self.reading.cancel()
            return False
        with pytest.raises(NoFreeSlot):
            self.reading.result()
        return True


async def _preempted_clients(
    monkeypatch: pytest.MonkeyPatch, *running: tuple[str, float], asks: str = "guest"
) -> list[str]:
    """Fill all slots with clients of these speeds. Return those that the next client preempts."""
    slots = Transfers(len(running), per_client=4)
    senders = []
    for client, speed in running:
        sender = Sender(monkeypatch, speed)
        assert await slots.try_start(client, sender.exchange)
        senders.append((client, sender))
    await asyncio.sleep(0)
    await slots.try_start(asks, Exchange(_never, _ignored))
    return [client for client, sender in senders if await sender.was_preempted()]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(transfers, "PREEMPT_SECONDS", 0.1)


@pytest.mark.parametrize(
    ("running", "preempted"),
    [
        ([("a", 19_000), ("b", 5_000), ("c", 9_000)], ["b"]),
        ([("a", 25_000), ("b", 9_000_000)], []),  # a phone that is fast enough stays
        ([("a", 25_000), ("b", 30_000), ("b", 31_000)], ["b"]),  # one of two places
        ([("guest", 100.0)] * 4, []),  # those who have their share wait for themselves
    ],
)
def test_slowest_client_is_preempted(
    running: list[tuple[str, float]], preempted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(_preempted_clients(monkeypatch, *running)) == preempted


def test_no_client_is_preempted_in_the_grace_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "GRACE_SECONDS", 10.0)
    assert asyncio.run(_preempted_clients(monkeypatch, ("a", 0.0))) == []


def test_rate_is_measured_over_the_last_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    measured = TransferRate()
    for _ in range(12):  # buffers take three megabytes at once
        with measured.waiting():
            measured.count(WINDOW_BYTES)
    now += 1000.0  # the site is slow; this is not the client's time
    assert measured.bytes_per_second() > 1_000_000
    with measured.waiting():
        now += 20.0
        assert measured.bytes_per_second() < 20_000
    with measured.waiting():
        measured.count(10 * WINDOW_BYTES)
    assert measured.bytes_per_second() > 100_000
