"""The priority of workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from pathlib import Path
from picprocure.system.priority import work_in_background
work_in_background()
session = Path("/proc/self/autogroup")
print(os.nice(0), session.read_text() if session.exists() else "")
"""
SESSION = Path("/proc/self/autogroup")


@pytest.mark.parametrize("has_session", [True, False])
def test_other_processes_go_first(*, has_session: bool) -> None:
    command = [sys.executable, "-c", SCRIPT]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, start_new_session=has_session
    ).stdout
    nice, *session = output.split()
    assert int(nice) >= 10
    if own := _words_of_own_session():
        assert session[-1] == ("10" if has_session else own[-1])


def _words_of_own_session() -> list[str]:
    """Nothing where Linux doesn't group processes by session. The file may be empty then."""
    return SESSION.read_text().split() if SESSION.exists() else []
