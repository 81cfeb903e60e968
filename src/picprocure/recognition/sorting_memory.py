"""What a worker keeps of the events that it sorted last, so that their next sorting is quick.

It is in the memory of the process and nowhere else, and changes no result. It has embeddings and
distances, so it is forgotten soon: what a sorting doesn't use any more is dropped at its end, and
everything when the event was not sorted for a while.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.conf import settings

from picprocure.faces.kept_distances import KeptDistances
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.thresholds import Thresholds
from picprocure.recognition.kept_faces import KeptFaces
from picprocure.recognition.sorting_inputs import SortingInputs

IDLE_SECONDS: Final = 600.0
"""An event that was not sorted for so long is forgotten."""

_BYTES_PER_MATCH: Final = 500


@dataclass(slots=True)
class KeptEvent:
    """What is kept of an event.

    Attributes:
        faces: Its embeddings.
        distances: The distances that its last sorting computed.
        inputs: What its last sorting read, for trials with another strictness.
        result: What it found, and with which thresholds.
        used_at: When it was sorted, on the monotonic clock.
    """

    faces: KeptFaces
    distances: KeptDistances
    inputs: SortingInputs | None = None
    result: tuple[Thresholds, SortedFaces] | None = None
    used_at: float = field(default_factory=time.monotonic)

    @property
    def nbytes(self) -> int:
        inputs = self.inputs.nbytes if self.inputs else 0
        matches = len(self.result[1].matches) * _BYTES_PER_MATCH if self.result else 0
        return self.faces.nbytes + self.distances.nbytes + inputs + matches


class SortingMemory:
    """The events that this process sorted last, the latest last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: OrderedDict[UUID, KeptEvent] = OrderedDict()
        self._timer: threading.Timer | None = None

    @property
    def nbytes(self) -> int:
        """Return how much is kept, approximately."""
        with self._lock:
            return sum(event.nbytes for event in self._events.values())

    @contextmanager
    def of(self, event_id: UUID) -> Iterator[KeptEvent]:
        """Yield what is kept of an event. An error forgets it."""
        with self._lock:
            kept = self._events.pop(event_id, None)
        if kept is None:
            kept = KeptEvent(KeptFaces(), KeptDistances(settings.SORTING_MEMORY_BYTES))
        yield kept
        kept.used_at = time.monotonic()
        with self._lock:
            self._events[event_id] = kept
            self._forget_what_exceeds()
            self._watch()

    def forget(self) -> None:
        """Forget all events."""
        with self._lock:
            self._events.clear()

    def forget_idle(self) -> None:
        """Forget the events that were not sorted for a while."""
        with self._lock:
            before = time.monotonic() - IDLE_SECONDS
            for event_id in [key for key, kept in self._events.items() if kept.used_at <= before]:
                del self._events[event_id]
            self._watch()

    def _forget_what_exceeds(self) -> None:
        sizes = {key: kept.nbytes for key, kept in self._events.items()}
        while sum(sizes.values()) > settings.SORTING_MEMORY_BYTES:
            oldest, _ = self._events.popitem(last=False)
            del sizes[oldest]

    def _watch(self) -> None:
        """Look again when the oldest event has been idle for long enough."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self._events:
            oldest = min(kept.used_at for kept in self._events.values())
            wait = max(oldest + IDLE_SECONDS - time.monotonic(), 0)
            self._timer = threading.Timer(wait, self.forget_idle)
            self._timer.daemon = True
            self._timer.start()


MEMORY: Final = SortingMemory()
