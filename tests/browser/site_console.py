"""A process with a site's settings that runs commands of scripts, without a browser.

A script defines `COMMANDS`. One process runs them all, since each start would take as long as many
commands.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from runpy import run_path
from traceback import format_exc


class SiteConsole:
    """Starts with its first command. Close it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, script: Path, *arguments: str, seconds: float) -> str:
        """Return what a command of a script prints."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(script), *arguments]) + "\n")
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        assert ready, f"{script.name} {arguments} took longer than {seconds:.0f} seconds."
        done, output = json.loads(self._process.stdout.readline() or '[false, "The end."]')
        assert done, output
        return str(output)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _main() -> None:
    import django  # noqa: PLC0415 -- only in the process

    django.setup()
    from django.db import connections  # noqa: PLC0415

    scripts = {}
    for line in sys.stdin:
        script, name, *arguments = json.loads(line)
        output = StringIO()
        try:
            if script not in scripts:
                scripts[script] = run_path(script)["COMMANDS"]
            with redirect_stdout(output):
                scripts[script][name](*arguments)
            answer = [True, output.getvalue()]
        except Exception:  # noqa: BLE001 -- the test that asked fails
            answer = [False, format_exc()]
        connections.close_all()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
