"""Prepare this machine for a make target, with nothing but Python's standard library.

    python3 tools/bootstrap.py runtime assets photos

A step whose work is done already does nothing, so every target asks for all that it needs.
What is said goes to stderr; stdout is for answers (`browser` prints a path).

This file must stay readable for Python 3.8: an old Python would otherwise answer with a
syntax error instead of with the message below.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
TESTED = ((3, 14), (3, 13), (3, 12), (3, 11))  # best first; the locks were tried on these


def tested_python() -> str | None:
    """The path of the best Python here that the locks were tried on, if there is one."""
    names = (f"python{major}.{minor}" for major, minor in TESTED)
    paths = (shutil.which(name) for name in names)
    return next((path for path in paths if path and makes_environments(path)), None)


def makes_environments(python: str) -> bool:
    """Whether this interpreter starts, and has the venv module that Debian packs apart."""
    probe = [python, "-c", "import ensurepip, venv"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def too_old_message(version: tuple[int, ...]) -> str:
    return (
        f"This is Python {version[0]}.{version[1]};"
        f" PicProcure needs {OLDEST[0]}.{OLDEST[1]} or newer.\n"
        "  Debian 12, Ubuntu 24.04 or newer:  sudo apt-get install python3 python3-venv\n"
        "  macOS:                             brew install python@3.13\n"
        "If a newer one is here under another name, say so: make demo PYTHON=/path/to/python3.13"
    )


def main() -> int:
    if os.name == "nt":
        print("On Windows, PicProcure runs inside WSL2: wsl --install", file=sys.stderr)
        return 1
    version = tuple(sys.version_info[:2])
    if version not in TESTED:
        better = tested_python()
        if better:
            os.execv(better, [better, *sys.argv])
    if version < OLDEST:
        print(too_old_message(version), file=sys.stderr)
        return 1

    from machine.steps import run_steps  # noqa: PLC0415  (needs the newer Python)

    return run_steps(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
