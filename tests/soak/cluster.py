"""A site on several machines: web servers, hosts of workers, and a clock.

Each machine is a command with a data folder of its own. All machines share what the settings of a
site on several machines name: the database, the broker, the files and the keys.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from browser import shared_preparation
from browser.patience import free_port, wait_for
from browser.processes import Process, alive_in_groups, descendants
from browser.site_console import SiteConsole
from soak.killing import EVENT

START_SECONDS = 150
STOP_SECONDS = 90
TOKEN = "a" * 32  # against CSRF: the cookie and the header must have the same one
UPLOAD_SECONDS = 300


class Machine:
    """One command of a site, with a data folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *command: str) -> None:
        self.data_dir = folder / "data"
        self._log = folder / "log"
        self._command = [sys.executable, "-m", "picprocure.cli", *command]
        self._environment = {**environment, "PICPROCURE_DATA_DIR": str(self.data_dir)}
        self._groups: set[int] = set()
        self._was_killed = False
        folder.mkdir(parents=True)
        shared_preparation.take(self.data_dir)

    def start(self) -> None:
        self._was_killed = False
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def processes(self, command: str = "") -> list[Process]:
        """Return the processes that the command watches, without those that only just begin."""
        family = descendants(self._process.pid)
        self._groups |= {process.group for process in family}
        begun = [process for process in family if "exit_with_parent.py" not in process.command]
        return [process for process in begun if command in process.command]

    def ensure_runs(self) -> None:
        assert self._process.poll() is None, f"{self._command} ended.\n{self.log[-3000:]}"

    def kill(self) -> None:
        """Send SIGKILL to everything, as if the machine lost its power."""
        for process in (*self.processes(), *descendants(self._process.pid)):
            _kill(process.pid)
        self._process.kill()
        self._process.wait()
        self._was_killed = True
        wait_for(lambda: not alive_in_groups(self._groups), "an end of a killed machine")

    def stop(self) -> None:
        if self._was_killed:
            return
        self.processes()
        if self._process.poll() is None:
            self._process.terminate()
        status = self._process.wait(timeout=STOP_SECONDS)
        assert status == 0, f"SIGTERM ended {self._command} with {status}.\n{self.log[-3000:]}"
        wait_for(lambda: not alive_in_groups(self._groups), "an end of all processes", seconds=60)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")


class Cluster:
    """Use it as a context. At its end, all machines get SIGTERM, and nothing may be left."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], *, webs: int = 2, workers: int = 2
    ) -> None:
        """Plan the machines.

        Args:
            folder: For all data.
            settings: The names of settings, without the prefix, and their values.
            webs: The number of machines with a web server.
            workers: The number of processes on each of the two hosts of workers.
        """
        shared = folder / "shared"
        files = shared / "files"
        files.mkdir(parents=True)
        plain = {name: text for name, text in os.environ.items() if "PICPROCURE_" not in name}
        self._environment = {
            **plain,
            "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
            "PICPROCURE_DATABASE_URL": f"sqlite:///{shared / 'picprocure.sqlite3'}",
            "PICPROCURE_FILES_DIR": str(files),
            "PICPROCURE_QUEUE_DIR": str(shared / "queue"),
            "PICPROCURE_KEYS_DIR": str(shared / "keys"),
            "PICPROCURE_SECRET_KEY": secrets.token_urlsafe(32),
            "PICPROCURE_ALLOWED_HOSTS": "127.0.0.1",
            "PICPROCURE_RESERVE_MB": "1",  # filled with random bytes at the start
            "PICPROCURE_WEB_PROCESSES": "1",
            **{f"PICPROCURE_{name.upper()}": value for name, value in settings.items()},
        }
        ports = [free_port() for _ in range(webs)]
        self.addresses = [f"http://127.0.0.1:{port}" for port in ports]
        hosts = {
            **{f"web{n}": ("web", "--port", str(port)) for n, port in enumerate(ports, 1)},
            **{f"host{n}": ("worker", "--processes", str(workers)) for n in (1, 2)},
            "clock": ("clock",),
        }
        self.machines = {
            name: Machine(folder / name, self._environment, *command)
            for name, command in hosts.items()
        }
        console = {**self._environment, "PICPROCURE_DATA_DIR": str(folder / "console")}
        self._console = SiteConsole(console)
        self._until = ExitStack()

    def __enter__(self) -> Self:
        self._until.callback(self._console.close)
        try:
            for name, machine in self.machines.items():
                machine.start()
                self._until.callback(machine.stop)
                if name == "web1":  # it prepares the database
                    self._wait_for_answer(0)
            self._wait_for_answer(-1)
        except BaseException:
            self._until.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._until.close()

    def _wait_for_answer(self, web: int) -> None:
        machine = list(self.machines.values())[: len(self.addresses)][web]

        def answers() -> bool:
            machine.ensure_runs()
            with suppress(requests.RequestException):
                return requests.get(self.addresses[web], timeout=5).status_code == 200
            return False

        wait_for(answers, "an answer of a web server", seconds=START_SECONDS)

    def run(self, *arguments: str) -> str:
        """Return what a command of `event.py` prints."""
        return self._console.run(EVENT, *arguments, seconds=600)

    def state(self, event_id: str) -> dict[str, int]:
        state: dict[str, int] = json.loads(self.run("state", event_id))
        return state

    def galleries(self, event_id: str) -> dict[str, list[str]]:
        seen: dict[str, list[str]] = json.loads(self.run("galleries", event_id))
        return seen

    def workers(self, host: str) -> list[Process]:
        return self.machines[host].processes("pipeline.process worker")

    def kill_process(self, machine: str, command: str, *, state: str = "") -> None:
        """Kill a process of a machine, and wait for another in its place."""

        def victims() -> list[Process]:
            found = self.machines[machine].processes(command)
            return [process for process in found if process.state.startswith(state)] or found

        before = wait_for(victims, f"a process of {machine}")
        killed = before[-1].pid  # of a web server, the main process is the first
        _kill(killed)

        def is_replaced() -> bool:
            now = {process.pid for process in self.machines[machine].processes(command)}
            return killed not in now and len(now) >= len(before)

        wait_for(is_replaced, f"another process of {machine}")

    def lose(self, machine: str, *, seconds: float) -> None:
        """Kill a machine, and start it again later."""
        self.machines[machine].kill()
        time.sleep(seconds)
        self.machines[machine].start()

    def upload(self, event_id: str, photos: Sequence[Path], *, session: str) -> None:
        """Upload photos as browsers do, four at a time. Each is repeated until it is accepted."""
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda photo: self._upload(event_id, session, photo), photos))

    def _upload(self, event_id: str, session: str, photo: Path) -> None:
        deadline, web, answer = time.monotonic() + UPLOAD_SECONDS, 0, ""
        while time.monotonic() < deadline:
            try:
                response = requests.post(
                    f"{self.addresses[web]}/events/{event_id}/photos/",
                    files={"photos": (photo.name, photo.read_bytes(), "image/png")},
                    headers={"X-CSRFToken": TOKEN, "Accept": "application/json"},
                    cookies={"sessionid": session, "csrftoken": TOKEN},
                    timeout=120,
                )
                answer = response.text
                if response.status_code == 200 and response.json()["results"][0]["ok"]:
                    return
            except (requests.RequestException, ValueError) as error:
                answer = str(error)
            web = (web + 1) % len(self.addresses)
            time.sleep(0.5)
        raise AssertionError(f"{photo.name} was not accepted: {answer[:500]}")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has just ended
