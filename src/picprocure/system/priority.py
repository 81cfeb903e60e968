"""The priority of this process among others that want the processor."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

BACKGROUND: Final = 10  # of 19; 0 is usual

# Linux may share the processor between sessions first, and between their processes then. Only a
# session of its own is changed, not that of a terminal.
_SESSION: Final = Path("/proc/self/autogroup")


def work_in_background() -> None:
    """Let other processes go first when there are too few cores. Idle cores are still used."""
    os.nice(BACKGROUND)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _SESSION.write_text(str(BACKGROUND))
