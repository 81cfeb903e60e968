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
print(os.nice(0), session.read_text().split()[-1] if session.exists() else "")
"""
SESSIONS = Path("/proc/self/autogroup")


@pytest.mark.parametrize("has_session", [True, False])
def test_other_processes_go_first(*, has_session: bool) -> None:
    command = [sys.executable, "-c", SCRIPT]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, start_new_session=has_session
    ).stdout
    nice, *of_session = output.split()
    assert int(nice) >= 10
    if SESSIONS.exists():
        kept = SESSIONS.read_text().split()[-1]
        assert of_session == (["10"] if has_session else [kept])
