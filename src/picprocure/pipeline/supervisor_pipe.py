"""Signs of life from a worker or the clock to its supervisor (`cli/supervised_process.py`).

Each is a short line through a pipe between the two. A full disk or a locked database can't delay
it.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import Final

BEAT: Final = "beat"  # a worker's own job came back, or the clock checked its schedule
BEGIN: Final = "begin"  # with the job's name and its row
WORKING: Final = "working"
END: Final = "end"
LEAVING: Final = "leaving"  # it ends on purpose, to be started again

# In the environment of those that are watched.
DESCRIPTOR: Final = "LIFELINE"
LOST_JOB: Final = "LOST_JOB"  # the job of the previous process when it died, if it is known

TICK_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 30.0

# A job that never ends would keep its lease forever: its process is ended. The largest photo there
# may be takes a tenth of this on a slow machine, and a job that sends mails begins none after a
# minute. What has told people writes down each one, so the next job continues.
# Nothing else has ever taken hours. Publishing stays with it: a large gallery on a slow store takes
# long, and a copy that is broken off begins again.
PHOTO_LIMIT: Final = timedelta(minutes=10)
MAILS_LIMIT: Final = timedelta(minutes=5)
NOTICES_LIMIT: Final = timedelta(minutes=30)
OTHER_LIMIT: Final = timedelta(hours=6)


def limit_of(job: str) -> timedelta:
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
        with contextlib.suppress(OSError):  # the other end is dead, or too far behind
            os.write(_descriptor, (" ".join((word, *details)) + "\n").encode())


def _taken_from_environment() -> int | None:
    """Take the descriptor, so that child processes don't inherit it."""
    given = os.environ.pop(DESCRIPTOR, None)
    if given is None:
        return None
    os.set_inheritable(int(given), False)  # noqa: FBT003
    os.set_blocking(int(given), False)
    return int(given)


_descriptor = _taken_from_environment()
