"""Places for uploads and downloads. Slow clients keep theirs only until another client waits."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from picprocure.web.serving.exchange import Exchange
from picprocure.web.serving.fair_queue import Turns

# Clients that are slower than this give way. A client with several places has to be as many times
# faster in each of them.
GENTLE_BYTES_PER_SECOND = 20_000
GENTLE_SECONDS = 10.0  # everyone has a place for so long

LOOK_SECONDS: Final = 0.5
LEAVE_SECONDS: Final = 2.0  # for a thread to notice that its client has to give way


@dataclass(eq=False)
class Transfer:
    client: str
    exchange: Exchange
    begun_at: float = field(default_factory=time.monotonic)


class Transfers:
    """The running transfers of one kind. Belongs to one event loop."""

    def __init__(self, places: int, *, of_one_client: int) -> None:
        self._turns = Turns(places, of_one_client=of_one_client)
        self._running: list[Transfer] = []

    async def begin(self, client: str, exchange: Exchange) -> Transfer:
        """Wait for a place, if need be for that of a slow client."""
        making_room = asyncio.ensure_future(self._keep_making_room(client))
        try:
            await self._turns.take(client)
        finally:
            making_room.cancel()
        return self._begun(client, exchange)

    async def begin_soon(self, client: str, exchange: Exchange) -> Transfer | None:
        """Take a free place, or that of a slow client. Returns None if there is neither."""
        if not self._turns.take_now(client):
            if not self._make_room(client):
                return None
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._turns.take(client)
            except TimeoutError:
                return None
        return self._begun(client, exchange)

    def end(self, transfer: Transfer) -> None:
        self._running.remove(transfer)
        self._turns.give_back(transfer.client)

    def _begun(self, client: str, exchange: Exchange) -> Transfer:
        transfer = Transfer(client, exchange)
        self._running.append(transfer)
        return transfer

    async def _keep_making_room(self, client: str) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not any(transfer.exchange.gives_way for transfer in self._running):
                self._make_room(client)

    def _make_room(self, client: str) -> bool:
        """Have the slowest client give way. Returns whether there is one that has to."""
        slow = [transfer for transfer in self._running if self._has_to_give_way(transfer)]
        if not slow or self._turns.has_its_share(client):
            return False
        min(slow, key=self._speed).exchange.give_way()
        return True

    def _has_to_give_way(self, transfer: Transfer) -> bool:
        return (
            transfer.exchange.pace.is_waiting
            and not transfer.exchange.gives_way
            and time.monotonic() - transfer.begun_at > GENTLE_SECONDS
            and self._speed(transfer) < GENTLE_BYTES_PER_SECOND
        )

    def _speed(self, transfer: Transfer) -> float:
        return transfer.exchange.pace.bytes_per_second() / self._turns.taken_by(transfer.client)
