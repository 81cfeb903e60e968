"""Fair turns for clients when there are more requests than threads."""

from __future__ import annotations

import asyncio
from collections import Counter, deque


class Turns:
    """A number of places that clients take in turn, each client as often as any other.

    A client with sixty requests doesn't make the next client wait for all of them. Belongs to one
    event loop.
    """

    def __init__(self, places: int, *, of_one_client: int | None = None) -> None:
        self._free = places
        self._of_one_client = of_one_client or places
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def taken_by(self, client: str) -> int:
        return self._taken[client]

    def has_its_share(self, client: str) -> bool:
        return self._taken[client] >= self._of_one_client

    def take_now(self, client: str) -> bool:
        """Take a place if the client may have one without waiting."""
        if not self._free or self.has_its_share(client):
            return False
        self._free -= 1
        self._taken[client] += 1
        return True

    async def take(self, client: str) -> None:
        """Wait for a place."""
        if client not in self._waiting and self.take_now(client):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(client)
            raise

    def give_back(self, client: str) -> None:
        self._free += 1
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
        self._call_next()

    def _call_next(self) -> None:
        for client in list(self._waiting):
            turns = self._waiting.pop(client)
            while turns and turns[0].done():  # its client has given up
                turns.popleft()
            is_called = bool(turns) and self.take_now(client)
            if is_called:
                turns.popleft().set_result(None)
            if turns:
                self._waiting[client] = turns  # behind all others
            if is_called:
                return
