"""The clock, which queues regular jobs."""

from __future__ import annotations

import time
from typing import Any

from celery.beat import Scheduler

from picprocure.pipeline import supervisor_pipe


class Clock(Scheduler):  # type: ignore[misc]
    """A scheduler without a file, so neither a damaged file nor a changed system time stops it.

    All jobs are due when it starts. A job that should run less often checks its own row.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._due: dict[str, float] = {}
        super().__init__(*arguments, **options)

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *_: Any, **__: Any) -> float:
        """Queue the jobs that are due, and tell the supervisor that the clock runs.

        Returns:
            The seconds until the next call.
        """
        for name, entry in self.schedule.items():
            if self._due.get(name, 0) <= time.monotonic():
                self._due[name] = time.monotonic() + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        supervisor_pipe.say(supervisor_pipe.BEAT)
        next_due = min(self._due.values(), default=0) - time.monotonic()
        return max(0.1, min(next_due, float(self.max_interval)))
