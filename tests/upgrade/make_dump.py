"""Write the dump of this version: `pytest -n 0 tests/upgrade/make_dump.py`, once for each release.

The dump has the rows of `full_world`. All sealed values in it are sealed with `KEY`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

import picprocure

FOLDER = Path(__file__).parent / "dumps"
KEY = "cGljcHJvY3VyZS10ZXN0LWtleS1vZi10aGUtZHVtcHM="  # 32 bytes


@pytest.fixture
def key_of_dumps(settings: Any) -> None:
    settings.FACE_KEYS = (KEY,)


@pytest.mark.django_db
def test_make_dump(key_of_dumps: None, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("full_world")
    lines = connection.connection.iterdump()
    without_sessions = (
        line for line in lines if not line.startswith('INSERT INTO "django_session"')
    )
    dump = FOLDER / f"{picprocure.__version__}.sql"
    dump.write_text("\n".join(without_sessions) + "\n", encoding="utf-8")
