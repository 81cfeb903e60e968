"""Run code with other environment variables, in forks of one process that has imported much.

The modules of the settings and the commands are imported again in each fork, as in a fresh process.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

READ_AGAIN = ("picprocure.config", "picprocure.cli")


class Forks:
    """The process that forks."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env={**environment, "PICPROCURE_DATA_DIR": str(folder / "data")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run `-c code`, or `-m module arguments…`, as Python does."""
        paths = [self._folder / name for name in ("stdout", "stderr")]
        order = {"command": command, "environment": environment, "paths": [*map(str, paths)]}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        output, errors = (path.read_text() for path in paths)
        return subprocess.CompletedProcess(command, status, output, errors)

    def close(self) -> None:
        self._process.communicate(timeout=60)


def serve() -> None:
    for name in ("picprocure.cli", "picprocure.config.settings", "celery", "django.db.models"):
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = status_of(json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # at once: to free all that was imported takes longer than the run
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


def status_of(order: dict[str, Any]) -> int:
    """Run one command, and return the status with which Python would end."""
    try:
        obey(order)
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return 1
    return 0


def obey(order: dict[str, Any]) -> None:
    for number, path in enumerate(order["paths"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(order["environment"])
    for name in [name for name in sys.modules if name.startswith(READ_AGAIN)]:
        del sys.modules[name]
    kind, what, *arguments = order["command"]
    sys.argv = [kind, *arguments]
    if kind == "-c":
        exec(what, {"__name__": "__main__"})  # noqa: S102
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
