"""Renew the locks: requirements/*.txt from pyproject.toml, package-lock.json of each package.json.

    python tools/lock.py [--upgrade]

Without --upgrade, versions that still fit are kept. Locks don't name a registry: each machine uses
its own, and the hashes prove that the files are the right ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

from machine.assets import environment, npm_command
from machine.errors import NotReadyError
from machine.places import AZURITE, REQUIREMENTS, ROOT, VENV_PYTHON
from machine.talk import run, say, tail, timed

OPTIONS = (
    "--no-config",  # uv would also read settings in folders above the checkout
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
    "--quiet",
)
NPM_FOLDERS = (ROOT, AZURITE)
DEV_GROUPS = ("build", "test", "lint", "lock", "docs")
LOCKS: dict[str, tuple[str, ...]] = {
    # The order matters: dev uses the versions that runtime chose.
    "runtime": ("pyproject.toml", "--group=build"),
    "dev": (
        "pyproject.toml",
        "--all-extras",
        *(f"--group={group}" for group in DEV_GROUPS),
        "--constraint=requirements/runtime.txt",
    ),
    "mutation": ("--group=pyproject.toml:mutation", "--constraint=requirements/dev.txt"),
    "load": ("--group=pyproject.toml:load", "--constraint=requirements/dev.txt"),
    "node": ("--group=pyproject.toml:node",),
    "photos": ("--group=pyproject.toml:photos", "--no-deps"),
}


def lock_python(name: str, *options: str) -> None:
    output = f"--output-file=requirements/{name}.txt"
    succeed([VENV_PYTHON, "-m", "uv", "pip", "compile", *LOCKS[name], *OPTIONS, *options, output])


def lock_npm(folder: Path) -> None:
    install = ["install", "--package-lock-only", "--ignore-scripts"]
    command = [*npm_command(), *install, "--prefix", folder]
    succeed(command, environment())


def succeed(command: list[str | Path], env: dict[str, str] | None = None) -> None:
    succeeded, output = run(command, env)
    if not succeeded:
        raise NotReadyError(f"{' '.join(map(str, command))} failed:\n{tail(output)}")


def addresses_in(lock: Path) -> list[str]:
    """Return the lines of a lock that name an address for downloads. There should be none."""
    lines = lock.read_text().splitlines()
    is_npm = lock.suffix == ".json"
    return [line for line in lines if ('"resolved"' in line if is_npm else "://" in line)]


def main() -> int:
    try:
        for name in LOCKS:
            with timed(f"Locking requirements/{name}.txt"):
                lock_python(name, *sys.argv[1:])
        for folder in NPM_FOLDERS:
            with timed(f"Locking {(folder / 'package-lock.json').relative_to(ROOT)}"):
                lock_npm(folder)
    except NotReadyError as error:
        say(str(error))
        return 1
    npm_locks = (folder / "package-lock.json" for folder in NPM_FOLDERS)
    for lock in (*REQUIREMENTS.glob("*.txt"), *npm_locks):
        for line in addresses_in(lock):
            say(f"{lock.name} names an address: {line.strip()}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
