"""Prepare this machine for a make target, with nothing but Python's standard library.

    python3 tools/bootstrap.py runtime assets photos

Steps that are done already do nothing, so each target names all steps that it needs. Messages go to
stderr. stdout is for answers: `browser` prints a path.

Python 3.8 must be able to read this file. Otherwise an old Python would print a syntax error
instead of the message below.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
# The versions that the locks were tested with, the best first.
TESTED = ((3, 14), (3, 13), (3, 12), (3, 11))


def tested_python() -> str | None:
    """Return the path of the best Python here that the locks were tested with, if there is one."""
    names = (f"python{major}.{minor}" for major, minor in TESTED)
    paths = (shutil.which(name) for name in names)
    return next((path for path in paths if path and makes_environments(path)), None)


def makes_environments(python: str) -> bool:
    """Return whether an interpreter starts and has the venv module, which Debian splits off."""
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
