"""Threads that share connections to PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest

from picprocure.storage import connections

SCRIPT = Path(__file__).with_name("shared_connections.py")


def test_threads_keep_their_own_connections_to_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 30}}}
    databases = deepcopy(sqlite)
    monkeypatch.setattr(connections, "settings", SimpleNamespace(DATABASES=databases))
    connections.share_connections(3)
    assert databases == sqlite


@pytest.mark.postgres
def test_threads_share_connections_and_survive_their_end(tmp_path: Path) -> None:
    """Each connection is checked before it is used, and keeps the plan of a prepared query."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        "PICPROCURE_DATA_DIR": str(tmp_path),
    }
    script = [sys.executable, str(SCRIPT)]
    output = subprocess.run(script, env=environment, check=True, stdout=subprocess.PIPE).stdout
    found = json.loads(output)
    assert 1 <= found["connections"] <= 3
    assert found["kept_plans"] == 1
    assert found["survivors"] == 0
