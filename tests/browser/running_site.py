"""A real site: `picprocure up` as a process of its own, with its own database and files."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from browser import shared_preparation
from browser.patience import free_port, wait_for
from browser.processes import Process, alive_in_groups, descendants
from browser.site_console import SiteConsole
from real_engines import MODELS_DIR

START_SECONDS = 150
STOP_SECONDS = 90


class RunningSite:
    """Use it as a context. At its end it gets a Ctrl-C, and nothing of it may be left."""

    def __init__(self, folder: Path, **settings: str) -> None:
        port = free_port()
        self.address = f"http://localhost:{port}"  # WebAuthn refuses 127.0.0.1
        self.data_dir = folder / "data"
        self._log_path = folder / "site.log"
        self._command = [sys.executable, "-m", "picprocure.cli", "up", "--port", str(port)]
        self.environment = {
            **_without_test_settings(),
            "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
            "PICPROCURE_DATA_DIR": str(self.data_dir),
            "PICPROCURE_LOG_LEVEL": "DEBUG",
            "PICPROCURE_RESERVE_MB": "1",  # filled with random bytes at the start
            "PICPROCURE_SITE_URL": self.address,
            "PICPROCURE_MODELS_DIR": str(MODELS_DIR),
            **{f"PICPROCURE_{name.upper()}": value for name, value in settings.items()},
        }
        self._groups: set[int] = set()
        self._console = SiteConsole(self.environment)

    def __enter__(self) -> RunningSite:
        with shared_preparation.prepared(self.data_dir):
            self._start()
        return self

    def _start(self) -> None:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal is for pytest alone
            )
        try:
            wait_for(self.answers, "an answer of the site", seconds=START_SECONDS)
        except BaseException:
            self._end()
            raise

    def __exit__(self, *_: object) -> None:
        self._console.close()
        self.processes()
        status = self._end()
        assert status == 0, f"Ctrl-C ended the site with {status}.\n{self._last_words()}"
        wait_for(
            lambda: not alive_in_groups(self._groups), "an end of all its processes", seconds=60
        )

    @property
    def log(self) -> str:
        """All that the site and its processes have said so far."""
        return self._log_path.read_text(errors="replace")

    @property
    def secret_key(self) -> str:
        return (self.data_dir / "secret-key").read_text()

    def processes(self) -> list[Process]:
        """Return the site's processes. Their groups must be empty after its end."""
        found = descendants(self._process.pid)
        self._groups |= {process.group for process in found}
        return found

    def workers(self) -> list[Process]:
        """Those that have begun; empty while there is none."""
        return self._watched("pipeline.process worker")

    def clock(self) -> list[Process]:
        return self._watched("pipeline.process clock")

    def web(self) -> list[Process]:
        """Return the web server's processes, the main one first."""
        mains = self._watched("granian")
        return [process for main in mains for process in (main, *descendants(main.pid))]

    def _watched(self, command: str) -> list[Process]:
        """Return the processes with this in their command that the supervisor watches."""
        watched = [p for p in self.processes() if p.parent == self._process.pid]
        # Before it runs its command, a process is `exit_with_parent.py`.
        begun = [p for p in watched if "exit_with_parent.py" not in p.command]
        return [p for p in begun if command in p.command]

    def kill_supervisor(self) -> None:
        """SIGKILL, and nothing else."""
        self.processes()
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """After it was killed; what it left ends, and may answer until then."""
        left, self._groups = self._groups, set()
        wait_for(lambda: not alive_in_groups(left), "an end of what the killed site left")
        self.__enter__()

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the site's database."""
        address = f"file:{self.data_dir / 'picprocure.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            return database.execute(query, arguments).fetchall()

    def change(self, statement: str, *arguments: Any) -> None:
        """Change the site's database while it runs, as time would."""
        path = self.data_dir / "picprocure.sqlite3"
        with closing(sqlite3.connect(path, timeout=30)) as database, database:
            database.execute(statement, arguments)

    def run(self, script: Path, *arguments: str, seconds: float = 600) -> str:
        """Return what a command of a script prints that runs with the site's settings."""
        return self._console.run(script, *arguments, seconds=seconds)

    def answers(self) -> bool:
        """Whether a page comes."""
        assert self._process.poll() is None, f"The site ended at once.\n{self._last_words()}"
        try:
            with urlopen(self.address, timeout=5) as response:  # noqa: S310 -- loopback
                return bool(response.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            return False

    def _end(self) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for process in [*descendants(self._process.pid)]:
                os.kill(process.pid, signal.SIGKILL)
            self._process.kill()
            return self._process.wait()

    def _last_words(self) -> str:
        return self.log[-5000:]


def _without_test_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PICPROCURE_")}
