"""How fast a client has been lately."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

# The speed is that of the last one to two of these. More would count what buffers took at once.
MEASURED_BYTES: Final = 256 * 1024


@dataclass
class _Measured:
    size: int = 0
    seconds: float = 0.0


class Pace:
    """Counts only the time that the site waited for the client, not the other way around."""

    def __init__(self) -> None:
        self._before, self._now = _Measured(), _Measured()
        self._waiting_since: float | None = None

    @property
    def is_waiting(self) -> bool:
        return self._waiting_since is not None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if self._now.size >= MEASURED_BYTES:
            self._before, self._now = self._now, _Measured()
        self._waiting_since = begun = time.monotonic()
        try:
            yield
        finally:
            self._waiting_since = None
            self._now.seconds += time.monotonic() - begun

    def count(self, size: int) -> None:
        self._now.size += size

    def bytes_per_second(self) -> float:
        seconds = self._before.seconds + self._now.seconds
        if self._waiting_since is not None:
            seconds += time.monotonic() - self._waiting_since
        return (self._before.size + self._now.size) / max(seconds, 1e-3)
