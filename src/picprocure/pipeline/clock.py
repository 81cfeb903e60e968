"""The clock, which queues regular jobs. Of several clocks, one works."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from celery.beat import Scheduler
from django.db import Error, connection

from picprocure.pipeline import supervisor_pipe
from picprocure.storage import claims

if TYPE_CHECKING:
    from picprocure.pipeline.models import ClockTurn

logger = logging.getLogger(__name__)

# A clock looks at its schedule every five seconds. If it ends, another one works this much later.
LEASE: Final = timedelta(seconds=20)


class Clock(Scheduler):  # type: ignore[misc]
    """A scheduler without a file, so neither a damaged file nor a changed system time stops it.

    All jobs are due when it starts to work. A job that should run less often checks its own row.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._due: dict[str, float] = {}
        self._turn: ClockTurn | None = None
        super().__init__(*arguments, **options)

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *_: Any, **__: Any) -> float:
        """Queue the jobs that are due if this clock works, and tell the supervisor that it runs.

        Returns:
            The seconds until the next call.
        """
        is_working = self._has_turn()
        supervisor_pipe.say(supervisor_pipe.BEAT)
        if not is_working:
            self._due.clear()
            return float(self.max_interval)
        for name, entry in self.schedule.items():
            if self._due.get(name, 0) <= time.monotonic():
                self._due[name] = time.monotonic() + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        next_due = min(self._due.values(), default=0) - time.monotonic()
        return max(0.1, min(next_due, float(self.max_interval)))

    def close(self) -> None:
        """Let another clock work at once."""
        if self._turn is not None:
            with suppress(Error):  # the lease runs out
                claims.finish(self._turn)
        super().close()

    def _has_turn(self) -> bool:
        """Renew this clock's lease, or take over that of a clock that ended."""
        try:
            if self._turn is None or not claims.renew(self._turn, lease=LEASE):
                self._turn = _claimed_turn()
        except Error as error:  # without it, no job could be done
            logger.warning("The clock waits for the database: %s.", type(error).__name__)
            connection.close()  # the next one may be usable
            return False
        return self._turn is not None


def _claimed_turn() -> ClockTurn | None:
    from picprocure.pipeline.models import ClockTurn  # noqa: PLC0415 -- needs django.setup()

    row, _ = ClockTurn.objects.get_or_create(pk=1)
    turn = claims.claim(ClockTurn.objects.all(), row.pk, lease=LEASE)
    if turn is not None:
        ClockTurn.objects.update(attempts=0)  # clocks may begin any number of times
    return turn
