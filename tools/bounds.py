"""Run the quick tests with the oldest or newest dependencies that pyproject.toml allows.

    python tools/bounds.py oldest|newest [arguments for pytest]

The dependencies are installed into a separate environment, .venv-oldest or .venv-newest.
"""

from __future__ import annotations

import subprocess
import sys

from machine.places import ROOT, VENV_PYTHON

RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}


def commands(bound: str, arguments: list[str]) -> list[list[str]]:
    """Return the commands that make the environment and run the tests in it."""
    environment = f".venv-{bound}"
    python = f"{environment}/bin/python"
    uv = [str(VENV_PYTHON), "-m", "uv", "--no-config"]
    install = [*uv, "pip", "install", "--python", python]
    resolve = ["--resolution", RESOLUTIONS[bound], "--upgrade", "--only-binary", ":all:"]
    needed = ["--requirements", "pyproject.toml", "--all-extras", "--group=build", "--group=test"]
    return [
        [*uv, "venv", "--clear", "--python", sys.executable, environment],
        [*install, *resolve, *needed],
        [*install, "--no-deps", "--no-build-isolation", "--editable", "."],
        [python, "-m", "pytest", "-n", "logical", "-m", "light", *arguments],
    ]


def main() -> int:
    bound, *arguments = sys.argv[1:] or [""]
    if bound not in RESOLUTIONS:
        print(f"Choose one of: {', '.join(RESOLUTIONS)}", file=sys.stderr)
        return 2
    for command in commands(bound, arguments):
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
