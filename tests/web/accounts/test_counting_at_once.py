"""Simultaneous attempts in several processes never exceed the limit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = str(Path(__file__).with_name("counting_at_once.py"))
ALLOWED = 20
KEPT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


def let_in(action: str, folder: Path, **settings: str) -> int:
    """Return how many attempts two processes allow, of thirty each."""
    environment = {
        **KEPT,
        "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        "PICPROCURE_DATA_DIR": str(folder),
        **{f"PICPROCURE_{name}": str(ALLOWED) for name in ("SIGN_INS_PER_HOUR", "WRONG_PASSWORDS")},
        **settings,
    }
    prepare = [sys.executable, "-m", "django", "createcachetable"]
    subprocess.run(prepare, env=environment, check=True)
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, action],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    return sum(int(count) for count in outputs)


@pytest.mark.parametrize("action", ["sign_in", "login_failed"])
def test_on_sqlite(tmp_path: Path, action: str) -> None:
    assert let_in(action, tmp_path) == ALLOWED


@pytest.mark.postgres
@pytest.mark.parametrize("action", ["sign_in", "login_failed"])
def test_on_postgresql(tmp_path: Path, action: str) -> None:
    server = os.environ["PICPROCURE_DATABASE_URL"]
    assert let_in(action, tmp_path, PICPROCURE_DATABASE_URL=server) == ALLOWED
