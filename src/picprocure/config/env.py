"""Typed readers for the environment: every product setting starts with PICPROCURE_.

What is read is recorded by `env` itself (`env.dump()`), which is how a test holds
docs/configuration.md complete.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import tempfile
from pathlib import Path

from environs import Env, EnvError

env = Env(prefix="PICPROCURE_")


def at_least(name: str, minimum: int, default: int) -> int:
    """An integer setting that fails loudly when it is below `minimum`."""
    value: int = env.int(name, default)
    if value < minimum:
        raise EnvError(f"PICPROCURE_{name} is {value}; it must be at least {minimum}.")
    return value


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    """A setting that must be one of a few words."""
    value: str = env.str(name, default)
    if value not in choices:
        raise EnvError(f"PICPROCURE_{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


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
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
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
