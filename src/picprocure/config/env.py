"""Typed readers of environment variables. The name of each setting starts with PICPROCURE_.

`env` records each setting that is read (`env.dump()`), so that a test can compare them with
docs/configuration.md.

A reader that finds an invalid value notes the problem and returns the default. So `ensure_usable`
can list all problems at once.
"""

from __future__ import annotations

import importlib
import os
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
import dj_email_url  # type: ignore[import-untyped]
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError, EnvValidationError

from picprocure.config.names import PREFIX
from picprocure.system.atomic_files import create_atomically

env = Env(prefix=PREFIX)

_SECRET_LENGTH: Final = 32
_SECRET_CHARACTERS: Final = 5  # distinct characters

_problems: dict[str, None] = {}  # as an ordered set


def note_problem(problem: str) -> None:
    """Note a problem for `ensure_usable`."""
    _problems[problem] = None


def ensure_usable() -> None:
    """Check that no reader noted a problem.

    Raises:
        EnvError: There are problems. The message has one line for each.
    """
    if _problems:
        raise EnvError("\n".join(_problems))


def number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """Read an integer within bounds."""
    try:
        value: int = env.int(name, default)
    except EnvValidationError:
        note_problem(f"{_assignment(name)}; it must be a whole number.")
        return default
    if value < at_least:
        note_problem(f"PICPROCURE_{name} is {value}; it must be at least {at_least}.")
        return default
    if value > at_most:
        note_problem(f"PICPROCURE_{name} is {value}; it must be at most {at_most}.")
        return default
    return value


def boolean(name: str, *, default: bool) -> bool:
    """Read a boolean."""
    try:
        return bool(env.bool(name, default))
    except EnvValidationError:
        note_problem(f"{_assignment(name)}; it must be true or false.")
        return default


def _assignment(name: str) -> str:
    return f"PICPROCURE_{name} is {os.environ[f'PICPROCURE_{name}']!r}"


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """Read a setting that must be one of a few words."""
    value: str = env.str(name, default)
    if value in choices:
        return value
    note_problem(f"PICPROCURE_{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return default


def time_zone(name: str, default: str) -> str:
    """Read the name of a time zone."""
    value: str = env.str(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        note_problem(
            f"PICPROCURE_{name} is {value!r}, which is not a time zone. Example: Europe/Vienna."
        )
        return default
    return value


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Read a URL that begins with one of these schemes."""
    value: str = env.str(name, default)
    scheme = value.partition("://")[0]
    if value and (scheme == value or scheme.partition("+")[0] not in schemes):
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        note_problem(f"PICPROCURE_{name} must begin with {expected}.")
        return default
    return value


def database_url(name: str, default: str) -> dict[str, Any]:
    """Read a database URL and return it as an entry of Django's DATABASES."""
    try:
        database: dict[str, Any] = env.dj_db_url(name, default)
    except EnvValidationError:
        note_problem(f"PICPROCURE_{name} is not a valid database URL.")
        return dict(dj_database_url.parse(default))
    return database


def email_url(name: str, default: str) -> dict[str, Any]:
    """Read the URL of a mail server and return it as Django's settings of e-mail."""
    try:
        mail: dict[str, Any] = env.dj_email_url(name, default)
    except EnvValidationError:
        note_problem(f"PICPROCURE_{name} is not a valid e-mail URL.")
        mail = dj_email_url.parse(default)
    if "EMAIL_BACKEND" not in mail:
        note_problem(f"PICPROCURE_{name} must begin with smtp://, smtps:// or smtp+tls://.")
        mail = dj_email_url.parse(default)
    return mail


def mail_address(name: str, default: str) -> str:
    """Read an e-mail address, with or without a name."""
    value: str = env.str(name, default)
    if not value:
        return default
    try:
        validate_email(parseaddr(value)[1] if value.isprintable() else value)
    except ValidationError:
        note_problem(
            f"PICPROCURE_{name} is {value!r}, which is not an e-mail address. "
            "Example: Our photos <photos@example.org>."
        )
        return default
    return value


def secret(name: str, path: Path) -> str:
    """Read the secret key, or the one that is stored in a file. No message contains it."""
    value = env.str(name, "")
    source = f"PICPROCURE_{name}"
    if not value:
        value, source = stored_secret(path), f"The secret in {path}"
    if value and (len(value) < _SECRET_LENGTH or len(set(value)) < _SECRET_CHARACTERS):
        note_problem(
            f"{source} is too short or too simple. It must be {_SECRET_LENGTH} random characters."
        )
    return value


def site_url(name: str, default: str) -> str:
    """Read the site's own URL: a scheme, a host and optionally a port, but no path."""
    value = url(name, default, ("http", "https")).rstrip("/")
    problem = _site_url_problem(value)
    if problem:
        note_problem(f"PICPROCURE_{name} {problem}")
        return default
    return value


def _site_url_problem(value: str) -> str:
    try:
        parts = urlsplit(value)
        has_valid_port = parts.port != 0
    except ValueError:
        return f"is {value!r}, which is not an address."
    if not parts.hostname or not has_valid_port:
        return f"is {value!r}, which has no host name."
    if parts.path or parts.query or parts.fragment:
        return (
            f"has the path {parts.path!r}. PicProcure doesn't run under a path. "
            "Give it its own host name, such as https://photos.example.org."
        )
    return ""


def hosts(name: str, default: list[str]) -> list[str]:
    """Read one or more host names, without scheme or port."""
    value = [host.strip() for host in env.list(name, default) if host.strip()]
    if not value:
        note_problem(f"PICPROCURE_{name} is empty. List the host names that the site answers to.")
        return default
    for host in value:
        has_port = ":" in host and not host.startswith("[")
        if "/" in host or has_port:
            note_problem(
                f"PICPROCURE_{name} has {host!r}. List only host names, such as "
                "photos.example.org. Addresses and ports belong in PICPROCURE_SITE_URL."
            )
            return default
    return value


def require_package(module: str, *, extra: str, setting: str) -> None:
    """Note a problem if a package that a setting needs is missing."""
    try:
        importlib.import_module(module)
    except ImportError:
        note_problem(
            f"PICPROCURE_{setting} needs the extra {extra}: pip install 'picprocure[{extra}]'."
        )


def require_value(name: str, *, because: str) -> None:
    """Note a problem if a setting that another one needs is empty."""
    if not env.str(name, ""):
        note_problem(f"PICPROCURE_{name} must be set, since {because}.")


def private_folder(path: Path) -> Path:
    """Create a folder that only its owner can read, and return it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        note_problem(
            f"PICPROCURE_DATA_DIR can't be used: {path} can't be created ({problem.strerror})."
        )
    return path


def stored_secret(path: Path) -> str:
    """Return the secret in a file, which is created once and readable only by its owner."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            create_atomically(path, secrets.token_urlsafe(50).encode())
        return path.read_text() or _note_empty_file(path)
    except UnicodeDecodeError:
        note_problem(f"{path} is not a text file. Delete it: the next start makes a new one.")
        return ""
    except OSError as problem:
        if path.parent.is_dir():  # otherwise the problem has been noted already
            note_problem(
                f"PICPROCURE_DATA_DIR can't be used: no {path.name} in it ({problem.strerror})."
            )
        return ""


def _note_empty_file(path: Path) -> str:
    note_problem(f"{path} is empty. Delete it: the next start makes a new one.")
    return ""
