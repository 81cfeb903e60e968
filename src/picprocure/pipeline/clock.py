"""The clock: asks for what is done regularly."""

from __future__ import annotations

import time
from typing import Any

from celery.beat import Scheduler

from picprocure.pipeline import lifeline


class Clock(Scheduler):  # type: ignore[misc]
    """Keeps nothing, so no damaged file can stop it; a change of the time of day doesn't either.

    All is due when it begins. A job that is not to be done again so soon knows by its own row.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._due: dict[str, float] = {}
        super().__init__(*arguments, **options)

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; how many seconds may pass before the next look."""
        for name, entry in self.schedule.items():
            if self._due.get(name, 0) <= time.monotonic():
                self._due[name] = time.monotonic() + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        lifeline.say(lifeline.BEAT)
        next_due = min(self._due.values(), default=0) - time.monotonic()
        return max(0.1, min(next_due, float(self.max_interval)))
