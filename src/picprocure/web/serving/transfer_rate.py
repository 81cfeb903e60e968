"""The recent speed of a client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

# The speed is measured over the last one to two windows. A first burst that only fills buffers must
# not count for longer.
WINDOW_BYTES: Final = 256 * 1024


@dataclass
class _Measurement:
    size: int = 0
    seconds: float = 0.0


class TransferRate:
    """Measures a client's speed, counting only the time that the site waited for the client."""

    def __init__(self) -> None:
        self._previous, self._current = _Measurement(), _Measurement()
        self._waiting_since: float | None = None

    @property
    def is_waiting(self) -> bool:
        return self._waiting_since is not None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if self._current.size >= WINDOW_BYTES:
            self._previous, self._current = self._current, _Measurement()
        self._waiting_since = begun = time.monotonic()
        try:
            yield
        finally:
            self._waiting_since = None
            self._current.seconds += time.monotonic() - begun

    def count(self, size: int) -> None:
        self._current.size += size

    def bytes_per_second(self) -> float:
        seconds = self._previous.seconds + self._current.seconds
        if self._waiting_since is not None:
            seconds += time.monotonic() - self._waiting_since
        return (self._previous.size + self._current.size) / max(seconds, 1e-3)
