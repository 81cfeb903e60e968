"""Slots for uploads and downloads. Slow clients keep theirs only until another client waits."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from picprocure.web.serving.exchange import Exchange
from picprocure.web.serving.fair_queue import FairQueue

# Slower clients can be preempted. A client with several slots has to be that many times faster in
# each of them.
MIN_BYTES_PER_SECOND = 20_000
GRACE_SECONDS = 10.0  # no client is preempted earlier

CHECK_SECONDS: Final = 0.5
PREEMPT_SECONDS: Final = 2.0  # for a thread to notice that its client was preempted


@dataclass(eq=False)
class Transfer:
    client: str
    exchange: Exchange
    started_at: float = field(default_factory=time.monotonic)


class Transfers:
    """The running transfers of one kind. The object belongs to one event loop."""

    def __init__(self, slots: int, *, per_client: int) -> None:
        self._queue = FairQueue(slots, per_client=per_client)
        self._running: list[Transfer] = []

    async def start(self, client: str, exchange: Exchange) -> Transfer:
        """Wait for a slot, if needed for that of a slow client."""
        preempting = asyncio.ensure_future(self._keep_preempting(client))
        try:
            await self._queue.acquire(client)
        finally:
            preempting.cancel()
        return self._register(client, exchange)

    async def try_start(self, client: str, exchange: Exchange) -> Transfer | None:
        """Take a free slot, or that of a slow client. Return None if there is neither."""
        if not self._queue.try_acquire(client):
            if not self._preempt_slowest(client):
                return None
            try:
                async with asyncio.timeout(PREEMPT_SECONDS):
                    await self._queue.acquire(client)
            except TimeoutError:
                return None
        return self._register(client, exchange)

    def finish(self, transfer: Transfer) -> None:
        self._running.remove(transfer)
        self._queue.release(transfer.client)

    def _register(self, client: str, exchange: Exchange) -> Transfer:
        transfer = Transfer(client, exchange)
        self._running.append(transfer)
        return transfer

    async def _keep_preempting(self, client: str) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if not any(transfer.exchange.is_preempted for transfer in self._running):
                self._preempt_slowest(client)

    def _preempt_slowest(self, client: str) -> bool:
        """Preempt the slowest client, if it is slow enough. Return whether one was preempted."""
        slow = [transfer for transfer in self._running if self._can_be_preempted(transfer)]
        if not slow or self._queue.is_at_limit(client):
            return False
        min(slow, key=self._speed).exchange.preempt()
        return True

    def _can_be_preempted(self, transfer: Transfer) -> bool:
        return (
            transfer.exchange.rate.is_waiting
            and not transfer.exchange.is_preempted
            and time.monotonic() - transfer.started_at > GRACE_SECONDS
            and self._speed(transfer) < MIN_BYTES_PER_SECOND
        )

    def _speed(self, transfer: Transfer) -> float:
        return transfer.exchange.rate.bytes_per_second() / self._queue.count_of(transfer.client)
