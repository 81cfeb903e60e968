from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from browser.patience import free_port
from picprocure.cli.lazy_group import COMMANDS
from picprocure.config.env import env, stored_secret
from picprocure.config.names import PREFIX, SETTINGS, unknown_names

ROOT = Path(__file__).parents[2]
BASE_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


def import_settings(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a fresh process with these variables."""
    return subprocess.run(
        [sys.executable, "-c", "import picprocure.config.settings"],
        env={**BASE_ENVIRONMENT, "PICPROCURE_DATA_DIR": str(tmp_path), **environment},
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
    assert set(documented) == {PREFIX + name for name in SETTINGS}


def test_defaults_need_nothing(tmp_path: Path) -> None:
    assert import_settings(tmp_path).returncode == 0


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
        ("PICPROCURE_TIME_ZONE", "Europe/Gotham", "PICPROCURE_TIME_ZONE is 'Europe/Gotham'"),
        ("PICPROCURE_TIME_ZONE", "../etc/passwd", "which is not a time zone"),
        ("PICPROCURE_EMAIL_URL", "mail.example.org", "PICPROCURE_EMAIL_URL must begin with"),
        ("PICPROCURE_DATABASE_URL", "mydatabase", "PICPROCURE_DATABASE_URL"),
        ("PICPROCURE_BROKER_URL", "localhost:6379", "PICPROCURE_BROKER_URL must begin with"),
        ("PICPROCURE_CACHE_URL", "memcached://x", "PICPROCURE_CACHE_URL must begin with"),
        ("PICPROCURE_ALLOWED_HOSTS", " , ", "PICPROCURE_ALLOWED_HOSTS is empty"),
        ("PICPROCURE_ALLOWED_HOSTS", "https://here.example", "List only host names"),
        ("PICPROCURE_ALLOWED_HOSTS", "here.example:8443", "List only host names"),
        ("PICPROCURE_SITE_URL", "photos.example.org", "PICPROCURE_SITE_URL must begin with"),
        ("PICPROCURE_SITE_URL", "https://example.org/photos", "doesn't run under a path"),
        ("PICPROCURE_SITE_URL", "https:///", "has no host name"),
        ("PICPROCURE_DATA_DIR", "/proc/nowhere", "PICPROCURE_DATA_DIR can't be used"),
        ("PICPROCURE_EMAIL_FROM", "no address", "which is not an e-mail address"),
        ("PICPROCURE_EMAIL_FROM", "Photos, Inc <a@example.org>", "which is not an e-mail address"),
        ("PICPROCURE_OPERATOR_EMAIL", "me@", "which is not an e-mail address"),
        ("PICPROCURE_SECRET_KEY", "x", "PICPROCURE_SECRET_KEY is too short or too simple"),
        ("PICPROCURE_SECRET_KEY", "ab" * 40, "PICPROCURE_SECRET_KEY is too short or too simple"),
        ("PICPROCURE_MAX_PHOTO_MB", "9" * 20, "it must be at most"),
        ("PICPROCURE_WEB_THREADS", "1000000", "it must be at most 1000"),
        ("PICPROCURE_UPLOAD_DAYS", "9" * 12, "it must be at most"),
        ("PICPROCURE_SWEEP_SECONDS", "9" * 5000, "it must be a whole number"),
    ],
)
def test_invalid_value_stops_the_start_and_is_named(
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    started = import_settings(tmp_path, **{name: value})
    assert started.returncode != 0
    assert message in started.stderr


@pytest.mark.parametrize("address", ["me@example.org", "Our photos <me@example.org>", ""])
def test_sender_may_have_a_name(tmp_path: Path, address: str) -> None:
    assert import_settings(tmp_path, PICPROCURE_EMAIL_FROM=address).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\xff\xfe", "is not a text file"), (b"x", "is too short or too simple")],
)
def test_damaged_secret_stops_the_start_and_is_named(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "secret-key").write_bytes(content)
    started = import_settings(tmp_path)
    assert started.returncode != 0
    assert f"{tmp_path / 'secret-key'} {message}" in started.stderr


def setting(tmp_path: Path, name: str, **environment: str) -> str:
    """Return the printed value of a setting in a fresh process with these variables."""
    return subprocess.run(
        [sys.executable, "-c", f"from picprocure.config.settings import {name}; print({name})"],
        env={**BASE_ENVIRONMENT, "PICPROCURE_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    ("environment", "origin"),
    [
        ({"SITE_URL": "https://here.example:8443", "HTTPS": "true"}, "https://here.example:8443"),
        ({"SITE_URL": "http://here.example:8080"}, "http://here.example:8080"),
        ({"ALLOWED_HOSTS": "a.example,b.example", "HTTPS": "true"}, "https://b.example"),
        ({"ALLOWED_HOSTS": ".here.example", "HTTPS": "true"}, "https://*.here.example"),
    ],
)
def test_forms_from_the_sites_own_origin_are_trusted(
    tmp_path: Path, environment: dict[str, str], origin: str
) -> None:
    variables = {f"PICPROCURE_{name}": value for name, value in environment.items()}

    assert f"'{origin}'" in setting(tmp_path, "CSRF_TRUSTED_ORIGINS", **variables)


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings."""
    return subprocess.run(
        [sys.executable, "-m", "picprocure.cli", *arguments],
        env={**BASE_ENVIRONMENT, "PICPROCURE_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("PICPROCURE_MAX_PHOTOS_MB", "PICPROCURE_MAX_PHOTO_MB"),
        ("PICPROCURE_ALLOWED_HOST", "PICPROCURE_ALLOWED_HOSTS"),
        ("PICPROCURE_EMAIL", "PICPROCURE_EMAIL_URL"),
        ("PICPROCURE_XYZZY", None),
    ],
)
def test_unknown_names_are_found_with_a_suggestion(
    monkeypatch: pytest.MonkeyPatch, name: str, suggestion: str | None
) -> None:
    monkeypatch.setenv(name, "1")
    assert unknown_names()[name] == suggestion


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_warns_of_unknown_names_once(tmp_path: Path, command: str) -> None:
    """Commands do so even if the values of other settings are invalid."""
    environment = {
        "PICPROCURE_MAX_PHOTOS_MB": "3",
        "PICPROCURE_XYZZY": "1",
        "PICPROCURE_DEBUG": "so",
    }
    arguments = {
        "keys": ["keys", "rotate"],
        "models": ["models"],
        "cache": ["cache", "clear"],
        "manage": ["manage", "check"],
        "sweep": ["sweep", "--dry-run"],
    }.get(command, [command, "--help"])
    output = run(tmp_path, *arguments, HOME=str(tmp_path), **environment).stderr.splitlines()
    assert output[:2] == [
        "Warning: PicProcure has no setting PICPROCURE_MAX_PHOTOS_MB. "
        "Did you mean PICPROCURE_MAX_PHOTO_MB?",
        "Warning: PicProcure has no setting PICPROCURE_XYZZY.",
    ]
    assert sum("has no setting" in line for line in output) == 2
    if command in {"keys", "manage", "sweep"}:
        assert output[2:] == ["Error: PICPROCURE_DEBUG is 'so'; it must be true or false."]


def test_all_invalid_values_are_named_on_lines_of_their_own(tmp_path: Path) -> None:
    values = {"DEBUG": "so", "TIME_ZONE": "Mars", "STORAGE": "s3", "DATABASE_URL": "nothing"}
    environment = {PREFIX + name: value for name, value in values.items()}
    output = run(tmp_path, "sweep", **environment).stderr.splitlines()
    assert [next(name for name in environment if name in line) for line in output] == [
        "PICPROCURE_DATABASE_URL",
        "PICPROCURE_STORAGE",
        "PICPROCURE_DEBUG",
        "PICPROCURE_TIME_ZONE",
    ]


@pytest.mark.parametrize(
    "variables",
    [
        {"PICPROCURE_TIME_ZONE": "Mars"},
        {"PICPROCURE_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"},
        {"PICPROCURE_FACE_ENGINE": "no.such.Engine"},
    ],
)
def test_invalid_settings_end_the_start_with_one_line(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    started = run(tmp_path, "up", "--port", str(free_port()), **variables)

    assert started.returncode == 1
    assert len(started.stderr.strip().splitlines()) == 1, started.stderr


@pytest.mark.parametrize("command", [["sweep"], ["keys", "forget"]])
@pytest.mark.parametrize(
    "variables",
    [
        {"PICPROCURE_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"},
        {"PICPROCURE_DATA_DIR": "/proc/nowhere"},
    ],
)
def test_invalid_settings_end_other_commands_with_one_line(
    tmp_path: Path, command: list[str], variables: dict[str, str]
) -> None:
    ended = run(tmp_path, *command, **variables)

    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr


def test_generated_secret_is_stored_and_private(tmp_path: Path) -> None:
    path = tmp_path / "inner/secret-key"
    first = stored_secret(path)
    assert len(first) >= 50
    assert stored_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
