"""Typed readers for the environment: every product setting starts with PICPROCURE_.

What is read is recorded by `env` itself (`env.dump()`), which is how a test holds
docs/configuration.md complete.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from environs import Env, EnvError, EnvValidationError

env = Env(prefix="PICPROCURE_")

# Read by the tests and the Makefile.
_OF_DEVELOPERS = {"PICPROCURE_TEST_PHOTOS", "PICPROCURE_TEST_MODELS", "PICPROCURE_BROWSER"}


def at_least(name: str, minimum: int, default: int) -> int:
    """An integer setting that fails loudly when it is below `minimum`."""
    try:
        value: int = env.int(name, default)
    except EnvValidationError:
        raise EnvError(f"{_shown(name)}; it must be a whole number.") from None
    if value < minimum:
        raise EnvError(f"PICPROCURE_{name} is {value}; it must be at least {minimum}.")
    return value


def yes_or_no(name: str, *, default: bool) -> bool:
    """Read a switch."""
    try:
        return bool(env.bool(name, default))
    except EnvValidationError:
        raise EnvError(f"{_shown(name)}; it must be true or false.") from None


def _shown(name: str) -> str:
    return f"PICPROCURE_{name} is {os.environ[f'PICPROCURE_{name}']!r}"


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    """A setting that must be one of a few words."""
    value: str = env.str(name, default)
    if value not in choices:
        raise EnvError(f"PICPROCURE_{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def time_zone(name: str, default: str) -> str:
    """Read the name of a time zone."""
    value: str = env.str(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise EnvError(
            f"PICPROCURE_{name} is {value!r}, which is not a time zone. Example: Europe/Vienna."
        ) from None
    return value


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Read an address that begins with one of these schemes."""
    value: str = env.str(name, default)
    scheme = value.partition("://")[0]
    if value and (scheme == value or scheme.partition("+")[0] not in schemes):
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        raise EnvError(f"PICPROCURE_{name} must begin with {expected}.")
    return value


def site_url(name: str, default: str) -> str:
    """Read the site's own address: a scheme, a host, optionally a port, and no path."""
    value = url(name, default, ("http", "https")).rstrip("/")
    parts = urlsplit(value)
    if not parts.hostname:
        raise EnvError(f"PICPROCURE_{name} is {value!r}, which has no host name.")
    if parts.path or parts.query or parts.fragment:
        raise EnvError(
            f"PICPROCURE_{name} has the path {parts.path!r}. PicProcure doesn't run under a path. "
            "Give it its own host name, such as https://photos.example.org."
        )
    return value


def hosts(name: str, default: list[str]) -> list[str]:
    """Read one or more host names, without scheme or port."""
    value = [host.strip() for host in env.list(name, default) if host.strip()]
    if not value:
        raise EnvError(f"PICPROCURE_{name} is empty. List the host names that the site answers to.")
    for host in value:
        has_port = ":" in host and not host.startswith("[")
        if "/" in host or has_port:
            raise EnvError(
                f"PICPROCURE_{name} has {host!r}. List only host names, such as "
                "photos.example.org. Addresses and ports belong in PICPROCURE_SITE_URL."
            )
    return value


def unknown_names() -> dict[str, str | None]:
    """Return variables with our prefix that no setting reads, each with the likely right name."""
    known = set(env.dump())
    return {
        name: next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.8)), None)
        for name in sorted(os.environ)
        if name.startswith("PICPROCURE_") and name not in known and name not in _OF_DEVELOPERS
    }


def needs(module: str, *, extra: str, setting: str) -> None:
    """Fail loudly when a package is missing that a setting asks for."""
    try:
        importlib.import_module(module)
    except ImportError:
        raise EnvError(
            f"PICPROCURE_{setting} needs the extra {extra}: pip install 'picprocure[{extra}]'."
        ) from None


def needs_value(name: str, *, because: str) -> None:
    """Fail loudly when a setting is empty that another one asks for."""
    if not env.str(name, ""):
        raise EnvError(f"PICPROCURE_{name} must be set, since {because}.")


def usable_cores() -> int:
    """How many processes can compute at a time: a container may have fewer than its machine."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def private_folder(path: Path) -> Path:
    """The folder `path`, made now if need be, its owner's alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise EnvError(
            f"PICPROCURE_DATA_DIR can't be used: {path} can't be created ({problem.strerror})."
        ) from None
    return path


def kept_secret(path: Path) -> str:
    """The secret in `path`; made there once, readable by its owner alone."""
    private_folder(path.parent)
    if not path.exists():
        # Written aside and then linked, so that a process starting at the same time finds
        # either nothing or the whole secret.
        handle, aside = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        Path(aside).unlink()
    return path.read_text()
