"""Heartbeats of a worker or the clock to its supervisor (`cli/supervised_process.py`).

Each is a short line through a pipe, so neither a full disk nor a locked database can delay it.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import Final

BEAT: Final = "beat"  # a worker received its own job, or the clock checked its schedule
BEGIN: Final = "begin"  # with the job's name and its row
WORKING: Final = "working"
END: Final = "end"
LEAVING: Final = "leaving"  # it ends on purpose and is started again

# Environment variables of the watched processes.
DESCRIPTOR: Final = "LIFELINE"
LOST_JOB: Final = "LOST_JOB"  # the job of the previous process when it died, if it is known

TICK_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 30.0

# Time limits of jobs. A job that never ends would keep its lease forever, so its process is killed.
# - On a slow machine, the largest photo takes a tenth of its limit.
# - A job that sends mails begins no further mail after a minute.
# - A job that writes announcements records each of them, so the next job continues.
# - No other job has ever taken hours. Publishing a large gallery on a slow store takes long, and
#   starts from the beginning after an interruption.
PHOTO_LIMIT: Final = timedelta(minutes=10)
MAILS_LIMIT: Final = timedelta(minutes=5)
NOTICES_LIMIT: Final = timedelta(minutes=30)
OTHER_LIMIT: Final = timedelta(hours=6)


def limit_of(job: str) -> timedelta:
    """Return the time limit of a job."""
    match job:
        case "picprocure.analyze_photo":
            return PHOTO_LIMIT
        case "picprocure.send_mails":
            return MAILS_LIMIT
        case "picprocure.announce":
            return NOTICES_LIMIT
    return OTHER_LIMIT


def say(word: str, *details: str) -> None:
    """Write a line if a process watches this one. Never waits or fails."""
    if _descriptor is not None:
        with contextlib.suppress(OSError):  # the reader is dead, or the pipe is full
            os.write(_descriptor, (" ".join((word, *details)) + "\n").encode())


def _pop_descriptor() -> int | None:
    """Remove the descriptor from the environment, so that child processes don't inherit it."""
    variable = os.environ.pop(DESCRIPTOR, None)
    if variable is None:
        return None
    os.set_inheritable(int(variable), False)  # noqa: FBT003
    os.set_blocking(int(variable), False)
    return int(variable)


_descriptor = _pop_descriptor()
