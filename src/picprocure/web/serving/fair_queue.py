"""A fair queue of clients when there are more requests than threads."""

from __future__ import annotations

import asyncio
from collections import Counter, deque


class FairQueue:
    """A number of slots that clients acquire in turn, each client as often as any other.

    A client with sixty requests doesn't make the next client wait for all of them. The queue
    belongs to one event loop.
    """

    def __init__(self, slots: int, *, per_client: int | None = None) -> None:
        self._free = slots
        self._of_one_client = per_client or slots
        self._acquired: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def count_of(self, client: str) -> int:
        return self._acquired[client]

    def is_at_limit(self, client: str) -> bool:
        return self._acquired[client] >= self._of_one_client

    def try_acquire(self, client: str) -> bool:
        """Acquire a slot if the client may have one without waiting, and return whether it did."""
        if not self._free or self.is_at_limit(client):
            return False
        self._free -= 1
        self._acquired[client] += 1
        return True

    async def acquire(self, client: str) -> None:
        """Wait for a slot."""
        if client not in self._waiting and self.try_acquire(client):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(client)
            raise

    def release(self, client: str) -> None:
        self._free += 1
        self._acquired[client] -= 1
        if not self._acquired[client]:
            del self._acquired[client]
        self._wake_next()

    def _wake_next(self) -> None:
        for client in list(self._waiting):
            queue = self._waiting.pop(client)
            while queue and queue[0].done():  # the request was cancelled
                queue.popleft()
            is_called = bool(queue) and self.try_acquire(client)
            if is_called:
                queue.popleft().set_result(None)
            if queue:
                self._waiting[client] = queue  # at the end of the line
            if is_called:
                return
