"""Typed readers for the environment: every product setting starts with PICPROCURE_.

What is read is recorded by `env` itself (`env.dump()`), which is how a test holds
docs/configuration.md complete.

A reader that finds a wrong value notes it and returns the default, so that `ensure_usable` can
name all wrong values at once.
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
_SECRET_CHARACTERS: Final = 5  # different ones

_wrong: dict[str, None] = {}  # as an ordered set


def wrong(problem: str) -> None:
    """Note a wrong value."""
    _wrong[problem] = None


def ensure_usable() -> None:
    """Fail with all wrong values, one a line. Raises EnvError."""
    if _wrong:
        raise EnvError("\n".join(_wrong))


def number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """Read an integer within bounds."""
    try:
        value: int = env.int(name, default)
    except EnvValidationError:
        wrong(f"{_shown(name)}; it must be a whole number.")
        return default
    if value < at_least:
        wrong(f"PICPROCURE_{name} is {value}; it must be at least {at_least}.")
        return default
    if value > at_most:
        wrong(f"PICPROCURE_{name} is {value}; it must be at most {at_most}.")
        return default
    return value


def yes_or_no(name: str, *, default: bool) -> bool:
    """Read a switch."""
    try:
        return bool(env.bool(name, default))
    except EnvValidationError:
        wrong(f"{_shown(name)}; it must be true or false.")
        return default


def _shown(name: str) -> str:
    return f"PICPROCURE_{name} is {os.environ[f'PICPROCURE_{name}']!r}"


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    """A setting that must be one of a few words."""
    value: str = env.str(name, default)
    if value in choices:
        return value
    wrong(f"PICPROCURE_{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return default


def time_zone(name: str, default: str) -> str:
    """Read the name of a time zone."""
    value: str = env.str(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        wrong(f"PICPROCURE_{name} is {value!r}, which is not a time zone. Example: Europe/Vienna.")
        return default
    return value


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Read an address that begins with one of these schemes."""
    value: str = env.str(name, default)
    scheme = value.partition("://")[0]
    if value and (scheme == value or scheme.partition("+")[0] not in schemes):
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        wrong(f"PICPROCURE_{name} must begin with {expected}.")
        return default
    return value


def database_url(name: str, default: str) -> dict[str, Any]:
    """A database, as Django's settings name it."""
    try:
        database: dict[str, Any] = env.dj_db_url(name, default)
    except EnvValidationError:
        wrong(f"PICPROCURE_{name} is not a valid database URL.")
        return dict(dj_database_url.parse(default))
    return database


def email_url(name: str, default: str) -> dict[str, Any]:
    """A mail server, as Django's settings name it."""
    try:
        mail: dict[str, Any] = env.dj_email_url(name, default)
    except EnvValidationError:
        wrong(f"PICPROCURE_{name} is not a valid e-mail URL.")
        mail = dj_email_url.parse(default)
    if "EMAIL_BACKEND" not in mail:
        wrong(f"PICPROCURE_{name} must begin with smtp://, smtps:// or smtp+tls://.")
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
        wrong(
            f"PICPROCURE_{name} is {value!r}, which is not an e-mail address. "
            "Example: Our photos <photos@example.org>."
        )
        return default
    return value


def secret(name: str, path: Path) -> str:
    """Read the secret that signs, or the one that is kept in a file. No message shows it."""
    value = env.str(name, "")
    where = f"PICPROCURE_{name}"
    if not value:
        value, where = kept_secret(path), f"The secret in {path}"
    if value and (len(value) < _SECRET_LENGTH or len(set(value)) < _SECRET_CHARACTERS):
        wrong(f"{where} is too short or too simple. It must be {_SECRET_LENGTH} random characters.")
    return value


def site_url(name: str, default: str) -> str:
    """Read the site's own address: a scheme, a host, optionally a port, and no path."""
    value = url(name, default, ("http", "https")).rstrip("/")
    problem = _problem_of_site(value)
    if problem:
        wrong(f"PICPROCURE_{name} {problem}")
        return default
    return value


def _problem_of_site(value: str) -> str:
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port != 0
    except ValueError:
        return f"is {value!r}, which is not an address."
    if not parts.hostname or not port_is_fine:
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
        wrong(f"PICPROCURE_{name} is empty. List the host names that the site answers to.")
        return default
    for host in value:
        has_port = ":" in host and not host.startswith("[")
        if "/" in host or has_port:
            wrong(
                f"PICPROCURE_{name} has {host!r}. List only host names, such as "
                "photos.example.org. Addresses and ports belong in PICPROCURE_SITE_URL."
            )
            return default
    return value


def needs(module: str, *, extra: str, setting: str) -> None:
    """Note when a package is missing that a setting asks for."""
    try:
        importlib.import_module(module)
    except ImportError:
        wrong(f"PICPROCURE_{setting} needs the extra {extra}: pip install 'picprocure[{extra}]'.")


def needs_value(name: str, *, because: str) -> None:
    """Note when a setting is empty that another one asks for."""
    if not env.str(name, ""):
        wrong(f"PICPROCURE_{name} must be set, since {because}.")


def private_folder(path: Path) -> Path:
    """The folder `path`, made now if need be, its owner's alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        wrong(f"PICPROCURE_DATA_DIR can't be used: {path} can't be created ({problem.strerror}).")
    return path


def kept_secret(path: Path) -> str:
    """The secret in `path`; made there once, readable by its owner alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            create_atomically(path, secrets.token_urlsafe(50).encode())
        return path.read_text() or _empty(path)
    except UnicodeDecodeError:
        wrong(f"{path} is not a text file. Delete it: the next start makes a new one.")
        return ""
    except OSError as problem:
        if path.parent.is_dir():  # else that was noted already
            wrong(f"PICPROCURE_DATA_DIR can't be used: no {path.name} in it ({problem.strerror}).")
        return ""


def _empty(path: Path) -> str:
    wrong(f"{path} is empty. Delete it: the next start makes a new one.")
    return ""
