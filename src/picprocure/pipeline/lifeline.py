"""What a worker or the clock tells the process that watches it (cli/watched.py).

One short line for each thing that happens, through a pipe that only the two of them have. No disk
that is full and no database that is locked can keep it back.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import Final

BEAT: Final = "beat"  # a job of its own came through the queue, or the clock has looked
BEGIN: Final = "begin"  # with the job's name and its row
WORKING: Final = "working"
END: Final = "end"
LEAVING: Final = "leaving"  # it ends on purpose, to be started again

# In the environment of those that are watched.
DESCRIPTOR: Final = "LIFELINE"
LOST_JOB: Final = "LOST_JOB"  # what the one before had in hand when it died, if that is known

TICK_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 30.0

# A photo whose analysis never ends would keep its lease forever: its process is ended. The largest
# photo there may be takes a tenth of that on a slow machine. Nothing else has ever taken so long.
PHOTO_LIMIT: Final = timedelta(minutes=10)
OTHER_LIMIT: Final = timedelta(hours=6)


def limit_of(job: str) -> timedelta:
    return PHOTO_LIMIT if job == "picprocure.analyze_photo" else OTHER_LIMIT


def say(word: str, *details: str) -> None:
    """Tell it, if anything watches this process. Never waits, never fails."""
    if _descriptor is not None:
        with contextlib.suppress(OSError):  # the other end is dead, or too far behind
            os.write(_descriptor, (" ".join((word, *details)) + "\n").encode())


def _taken_from_environment() -> int | None:
    """Not for the processes that this one starts."""
    given = os.environ.pop(DESCRIPTOR, None)
    if given is None:
        return None
    os.set_inheritable(int(given), False)  # noqa: FBT003
    os.set_blocking(int(given), False)
    return int(given)


_descriptor = _taken_from_environment()
