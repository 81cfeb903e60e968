"""Run a command that ends with the process that started it.

Usage: `python exit_with_parent.py PARENT COMMAND…`. On Linux, the kernel sends the signal. On other
systems, `orphan_guard.py` ends the process. This file imports nothing of the site, so it takes only
a few milliseconds.
"""

import ctypes
import os
import signal
import sys

SET_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2); stays over exec


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_SIGNAL_AT_PARENTS_DEATH, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("The site ended before this process started.")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
