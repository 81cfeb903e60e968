from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.patience import free_port
from picprocure.cli.lazy_group import COMMANDS
from picprocure.config.env import env, stored_secret
from picprocure.config.names import PREFIX, SETTINGS, unknown_names

from .forks import Forks

Python = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
BASE_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    forks = Forks(tmp_path_factory.mktemp("forks"), BASE_ENVIRONMENT)
    yield forks
    forks.close()


@pytest.fixture
def python(tmp_path: Path, forks: Forks) -> Python:
    """Run Python with these variables, as in a fresh process."""

    def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        base = {**BASE_ENVIRONMENT, "PICPROCURE_DATA_DIR": str(tmp_path)}
        return forks.run(*command, environment={**base, **environment})

    return run


def import_settings(python: Python, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("-c", "import picprocure.config.settings", **environment)


def fresh_process(
    tmp_path: Path, *command: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with these variables in a process of its own."""
    return subprocess.run(
        [sys.executable, *command],
        env={**BASE_ENVIRONMENT, "PICPROCURE_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    documented = re.findall(
        r"^\| `(PICPROCURE_\w+)`", (ROOT / "docs/configuration.md").read_text(), re.M
    )
    assert len(documented) == len(set(documented))
    assert set(documented) == set(env.dump())
    assert set(documented) == {PREFIX + name for name in SETTINGS}


def test_defaults_need_nothing(tmp_path: Path, python: Python) -> None:
    code = "import picprocure.config.settings"
    assert fresh_process(tmp_path, "-c", code).returncode == 0
    assert python("-c", code).returncode == 0


def test_forks_fail_as_fresh_processes_do(tmp_path: Path, python: Python) -> None:
    command, environment = ("-m", "picprocure.cli", "sweep"), {"PICPROCURE_DEBUG": "so"}
    fresh = fresh_process(tmp_path, *command, **environment)
    fork = python(*command, **environment)
    assert fresh.returncode == fork.returncode == 1
    assert fresh.stderr == fork.stderr != ""


@pytest.mark.parametrize(
    ("broker", "transport"),
    [
        ("redis://broker.example/0", "Transport"),
        ("rediss://broker.example/0", "Transport"),
        ("sentinel://broker.example:26379", "SentinelTransport"),
    ],
)
def test_redis_keeps_unfinished_jobs_longer_than_any_job_takes(
    python: Python, broker: str, transport: str
) -> None:
    code = (
        "from picprocure.pipeline.app import app; from picprocure.pipeline import supervisor_pipe;"
        "options = app.conf.broker_transport_options;"
        "assert options['visibility_timeout'] > supervisor_pipe.OTHER_LIMIT.total_seconds();"
        "print(app.connection().transport_cls, options['global_keyprefix'])"
    )
    settings = {"PICPROCURE_BROKER_URL": broker, "PICPROCURE_BROKER_PREFIX": "second-site:"}
    environment = {**settings, "DJANGO_SETTINGS_MODULE": "picprocure.config.settings"}
    printed = python("-c", code, **environment)
    expected = f"picprocure.pipeline.redis_queue:{transport} second-site:\n"
    assert printed.stdout == expected, printed.stderr


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PICPROCURE_AVAILABILITY_HOURS", "12", "is 12; it must be at least 48"),
        ("PICPROCURE_SIGN_UP", "friends", "must be one of everyone, invited, nobody"),
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
        ("PICPROCURE_FILES_DIR", "/proc/nowhere", "Create it or mount its disk"),
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
    python: Python, name: str, value: str, message: str
) -> None:
    started = import_settings(python, **{name: value})
    assert started.returncode != 0
    assert message in started.stderr


@pytest.mark.parametrize("address", ["me@example.org", "Our photos <me@example.org>", ""])
def test_sender_may_have_a_name(python: Python, address: str) -> None:
    assert import_settings(python, PICPROCURE_EMAIL_FROM=address).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\xff\xfe", "is not a text file"), (b"x", "is too short or too simple")],
)
def test_damaged_secret_stops_the_start_and_is_named(
    tmp_path: Path, python: Python, content: bytes, message: str
) -> None:
    (tmp_path / "secret-key").write_bytes(content)
    started = import_settings(python)
    assert started.returncode != 0
    assert f"{tmp_path / 'secret-key'} {message}" in started.stderr


def setting(python: Python, name: str, **environment: str) -> str:
    """Return the printed value of a setting under these variables."""
    code = f"from picprocure.config.settings import {name}; print({name})"
    process = python("-c", code, **environment)
    process.check_returncode()
    return process.stdout


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
    python: Python, environment: dict[str, str], origin: str
) -> None:
    variables = {f"PICPROCURE_{name}": value for name, value in environment.items()}

    assert f"'{origin}'" in setting(python, "CSRF_TRUSTED_ORIGINS", **variables)


def run(python: Python, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings."""
    return python("-m", "picprocure.cli", *arguments, **environment)


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
def test_every_command_warns_of_unknown_names_once(
    tmp_path: Path, python: Python, command: str
) -> None:
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
    output = run(python, *arguments, HOME=str(tmp_path), **environment).stderr.splitlines()
    assert output[:2] == [
        "Warning: PicProcure has no setting PICPROCURE_MAX_PHOTOS_MB. "
        "Did you mean PICPROCURE_MAX_PHOTO_MB?",
        "Warning: PicProcure has no setting PICPROCURE_XYZZY.",
    ]
    assert sum("has no setting" in line for line in output) == 2
    if command in {"keys", "manage", "sweep"}:
        assert output[2:] == ["Error: PICPROCURE_DEBUG is 'so'; it must be true or false."]


def test_all_invalid_values_are_named_on_lines_of_their_own(python: Python) -> None:
    values = {"DEBUG": "so", "TIME_ZONE": "Mars", "STORAGE": "s3", "DATABASE_URL": "nothing"}
    environment = {PREFIX + name: value for name, value in values.items()}
    output = run(python, "sweep", **environment).stderr.splitlines()
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
    command = ("-m", "picprocure.cli", "up", "--port", str(free_port()))
    started = fresh_process(tmp_path, *command, **variables)

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
    python: Python, command: list[str], variables: dict[str, str]
) -> None:
    ended = run(python, *command, **variables)

    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr


def test_generated_secret_is_stored_and_private(tmp_path: Path) -> None:
    path = tmp_path / "inner/secret-key"
    first = stored_secret(path)
    assert len(first) >= 50
    assert stored_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
