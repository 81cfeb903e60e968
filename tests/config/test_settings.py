from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from picprocure.config.env import env, kept_secret, usable_cores

ROOT = Path(__file__).parents[2]


def import_settings(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a fresh process with these variables."""
    return subprocess.run(
        [sys.executable, "-c", "import picprocure.config.settings"],
        env={"PATH": os.environ["PATH"], "PICPROCURE_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    documented = re.findall(
        r"^\| `(PICPROCURE_\w+)`", (ROOT / "docs/configuration.md").read_text(), re.M
    )
    assert len(documented) == len(set(documented))
    assert set(documented) == set(env.dump())


def test_defaults_need_nothing(tmp_path: Path) -> None:
    assert import_settings(tmp_path).returncode == 0


def test_a_worker_process_for_each_core_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {1, 4, 5}, raising=False)
    assert usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert usable_cores() == 8


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PICPROCURE_AVAILABILITY_HOURS", "12", "is 12; it must be at least 48"),
        ("PICPROCURE_SIGN_UP", "friends", "must be one of everyone, nobody"),
        ("PICPROCURE_MAX_PHOTO_MB", "plenty", "PICPROCURE_MAX_PHOTO_MB"),
        ("PICPROCURE_DEBUG", "perhaps", "PICPROCURE_DEBUG"),
        ("PICPROCURE_STORAGE", "azure", "PICPROCURE_AZURE_CONNECTION_STRING must be set"),
        ("PICPROCURE_STORAGE", "s3", "PICPROCURE_S3_BUCKET must be set"),
        ("PICPROCURE_SIGNED_LINKS_FROM", "https://store.example", "needs PICPROCURE_STORAGE"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    started = import_settings(tmp_path, **{name: value})
    assert started.returncode != 0
    assert message in started.stderr


def test_the_generated_secret_is_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "inner/secret-key"
    first = kept_secret(path)
    assert len(first) >= 50
    assert kept_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
