"""Two machines that start at once with an empty PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from browser.patience import wait_for
from conftest import new_key

DATABASE = "two_starts"


def _has_started(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    return "The clock is running." in log.read_text()


@pytest.mark.postgres
@pytest.mark.slow(reason="it makes all tables, beside another process that waits for them")
@pytest.mark.django_db(transaction=True)
def test_two_starts_on_an_empty_database_both_work(tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    address = os.environ["PICPROCURE_DATABASE_URL"].replace("/postgres?", f"/{DATABASE}?", 1)
    assert DATABASE in address
    own = {name: value for name, value in os.environ.items() if not name.startswith("PICPROCURE_")}
    environment = {
        **own,
        "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        "PICPROCURE_DATABASE_URL": address,
        "PICPROCURE_BROKER_URL": "memory://",
        "PICPROCURE_STORAGE": "s3",
        "PICPROCURE_S3_BUCKET": "photos",
        "PICPROCURE_FACE_KEYS": new_key(),
        "PICPROCURE_RESERVE_MB": "0",
    }
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    started = []
    for log in logs:
        command = [sys.executable, "-m", "picprocure.cli", "clock"]
        folder = {"PICPROCURE_DATA_DIR": str(log.with_suffix(""))}
        with log.open("wb") as output:
            started.append(
                subprocess.Popen(
                    command, env=environment | folder, stdout=output, stderr=subprocess.STDOUT
                )
            )
    try:
        for process, log in zip(started, logs, strict=True):
            wait_for(partial(_has_started, process, log), "a start")
    finally:
        for process in started:
            process.terminate()
        assert [process.wait(timeout=60) for process in started] == [0, 0]
