"""Make the virtual environment if it is missing or broken, and install a lock into it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tomllib
from pathlib import Path

from machine import pip
from machine.errors import NotReadyError
from machine.places import REQUIREMENTS, ROOT, VENV, VENV_PYTHON
from machine.platforms import Platform, why_unsupported
from machine.talk import fingerprint, run, say, tail, timed

STAMP = VENV / "picprocure.json"
UNFINISHED = VENV / "unfinished"
RUNTIME = REQUIREMENTS / "runtime.txt"
DEV = REQUIREMENTS / "dev.txt"
MUTATION = REQUIREMENTS / "mutation.txt"
LOAD = REQUIREMENTS / "load.txt"

Stamp = dict[str, str]


def prepare_runtime() -> None:
    """Install what the product needs to run."""
    _prepare("runtime", wanted_stamp(RUNTIME))


def prepare_dev() -> None:
    """Install what the product, the tests and the linters need."""
    _prepare("dev", wanted_stamp(RUNTIME, DEV))


def prepare_mutation() -> None:
    """Install what makes mutants, into an environment for development."""
    prepare_dev()
    _prepare("mutation", wanted_stamp(RUNTIME, DEV, MUTATION))


def prepare_load() -> None:
    """Install what plays many guests at once, into an environment for development."""
    prepare_dev()
    _prepare("load", wanted_stamp(RUNTIME, DEV, LOAD))


def wanted_stamp(*locks: Path) -> Stamp:
    """Return the stamp of an environment with these locks and this checkout."""
    return {
        "place": str(VENV),
        "checkout": _project_fingerprint(ROOT / "pyproject.toml"),
        **{lock.stem: fingerprint(lock) for lock in locks},
    }


def holds(stamp: Stamp, wanted: Stamp) -> bool:
    """Return whether an environment with this stamp has everything that is wanted."""
    return wanted.items() <= stamp.items()


def read_stamp() -> Stamp:
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _project_fingerprint(pyproject: Path) -> str:
    """Return a hash of the parts of pyproject.toml that change the installed project."""
    tables = tomllib.loads(pyproject.read_bytes().decode())
    installed = [tables["build-system"], tables["project"], tables["tool"]["setuptools"]]
    return hashlib.sha256(json.dumps(installed, sort_keys=True).encode()).hexdigest()


def _prepare(name: str, wanted: Stamp) -> None:
    fault = why_broken(read_stamp())
    if fault is None and holds(read_stamp(), wanted):
        return
    reason = why_unsupported(Platform.here())
    if reason:
        raise NotReadyError(reason)
    if fault:
        _make(fault)
    _fill(name, wanted)


def why_broken(stamp: Stamp) -> str | None:
    """Return why the environment must be made again, or None if it can be used."""
    if not VENV.is_dir():
        return "there is none yet"
    if UNFINISHED.exists():
        return "the last installation did not finish"
    if not VENV_PYTHON.exists():
        return "its Python is gone"
    if not any(VENV.glob("lib/python*/site-packages/pip")):
        return "it has no pip"
    if stamp.get("place", str(VENV)) != str(VENV):
        return "the checkout was moved"
    return None


def _make(reason: str) -> None:
    say(f"Making the environment .venv ({reason}).")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    succeeded, output = run([sys.executable, "-m", "venv", VENV])
    if not succeeded:
        shutil.rmtree(VENV, ignore_errors=True)
        raise NotReadyError(why_no_venv(output))


def why_no_venv(output: str) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if "ensurepip" in output:
        return (
            f"This Python {version} can't make virtual environments: Debian and Ubuntu keep that"
            f" part in a package of its own.\n  sudo apt-get install python{version}-venv"
        )
    return f"Python {version} could not make the environment .venv:\n{tail(output)}"


def _fill(name: str, wanted: Stamp) -> None:
    """Install a lock. A mark shows whether the installation was interrupted."""
    UNFINISHED.touch()
    with timed(f"Installing requirements/{name}.txt (takes a minute or two the first time)"):
        pip.install(REQUIREMENTS / f"{name}.txt")
        pip.install_checkout()
    STAMP.write_text(json.dumps(wanted, indent=1))
    UNFINISHED.unlink()
