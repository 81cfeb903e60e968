"""The processes of a site live and end together, whatever happens to one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from browser.patience import free_port, wait_for
from browser.processes import Process, alive_in_groups, descendants
from picprocure.cli import roles
from picprocure.cli.health import HealthSign
from picprocure.cli.supervised_process import PipeMonitor, SupervisedProcess
from picprocure.cli.supervisor import Site, Stopped
from picprocure.cli.web_address import WebAddress

pytestmark = pytest.mark.worker

TESTS = Path(__file__).parents[1]

PROCESS_COUNT = 6  # web server and its child, two workers, clock, orphan guard


class TinySite:
    """A site of tiny processes, under a real supervisor."""

    def __init__(
        self,
        folder: Path,
        web_fault: str = "",
        *,
        under_nohup: bool = False,
        log_name: str = "site.log",
        role: str = "up",
        port: int = 0,
    ) -> None:
        self.port, self.log_path = port or free_port(), folder / log_name
        self.data_dir = folder / "data"
        command = [sys.executable, str(TESTS / "cli/tiny_site.py"), str(self.port)]
        command += [web_fault, role]
        if under_nohup:
            command = ["nohup", *command]
        environment = {
            n: v for n, v in os.environ.items() if not n.startswith(("PICPROCURE_", "DJANGO"))
        }
        settings = {
            "PICPROCURE_DATA_DIR": str(self.data_dir),
            "PICPROCURE_WORKER_PROCESSES": "2",
        }
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**environment, **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.groups: set[int] = set()

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def is_up(self) -> bool:
        return (
            self.log.count("(press Ctrl-C to stop)") > 0 and len(self.processes()) == PROCESS_COUNT
        )

    def processes(self) -> list[Process]:
        found = descendants(self.process.pid)
        self.groups |= {process.group for process in found}
        return found

    def pid_of(self, part: str) -> int:
        """Return the first process with this in its command, or 0 if there is none."""
        return next((process.pid for process in self.processes() if part in process.command), 0)

    def has_ended(self) -> bool:
        return self.process.poll() is not None and not alive_in_groups(self.groups)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., TinySite]]:
    sites: list[TinySite] = []

    def start(web_fault: str = "") -> TinySite:
        sites.append(TinySite(tmp_path, web_fault))
        wait_for(sites[-1].is_up, f"a site: {sites[-1].log}")
        return sites[-1]

    yield start
    for site in sites:
        site.process.kill()
        site.process.wait()
        wait_for(site.has_ended, "an end of all its processes")


def test_site_ends_in_order_when_its_terminal_closes(run: Callable[..., TinySite]) -> None:
    site = run()
    site.process.send_signal(signal.SIGHUP)
    assert site.process.wait(timeout=40) == 0
    wait_for(site.has_ended, "an end of all its processes", seconds=2)


def test_site_ends_when_the_supervisor_is_killed_and_can_start_again(
    run: Callable[..., TinySite],
) -> None:
    killed = run("does not end")  # on SIGTERM
    killed.process.kill()
    following = run()  # at once
    assert killed.has_ended()
    assert "The site was killed. Waiting for its remaining processes to end." in following.log


def test_site_ends_when_orphan_guard_and_supervisor_are_killed(
    run: Callable[..., TinySite],
) -> None:
    killed = run()
    first = killed.pid_of("orphan_guard.py")
    os.kill(first, signal.SIGKILL)
    wait_for(
        lambda: killed.is_up() and killed.pid_of("orphan_guard.py") not in (0, first),
        "another orphan guard",
    )
    killed.process.kill()
    wait_for(killed.has_ended, "an end of all its processes", seconds=60)

    killed_with_guard = run("does not end")
    os.kill(killed_with_guard.pid_of("orphan_guard.py"), signal.SIGKILL)
    killed_with_guard.process.kill()
    run()
    assert killed_with_guard.has_ended()


def test_signal_during_the_start_ends_all_started_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended: list[str] = []

    class Starting(SupervisedProcess):
        def start(self) -> None:
            if self.name == "The clock":
                raise Stopped

        def terminate(self) -> None:
            ended.append(self.name)

    monkeypatch.setattr(roles, "SupervisedProcess", Starting)
    monkeypatch.setattr(roles, "WebMonitor", lambda _ask: PipeMonitor())
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with Site(HealthSign(tmp_path, "up")) as site:
        web = roles.web(WebAddress("127.0.0.1", 8000))
        site.start([*web, *roles.workers(processes=1), *roles.clock()])
    assert {"The web server", "Worker 1", "The clock"} <= set(ended)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinySite]:
    """One site for the faults that it must survive, including the end of its terminal."""
    site = TinySite(tmp_path_factory.mktemp("shared"), under_nohup=True)
    wait_for(site.is_up, f"a site: {site.log}")
    site.process.send_signal(signal.SIGHUP)
    yield site
    assert site.is_up()
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(timeout=40) == 0
    wait_for(site.has_ended, "an end of all its processes", seconds=2)


def log_after_fault(site: TinySite, fault: str, last_words: str) -> str:
    """Let the first worker fail, and return the log from then on, once it contains these words."""
    begin = len(site.log)
    cause(site, fault)
    wait_for(lambda: last_words in site.log[begin:], f"{last_words!r}: {site.log[begin:]}")
    wait_for(site.is_up, "all processes")
    return site.log[begin:]


def cause(site: TinySite, fault: str) -> None:
    temporary = site.log_path.with_name("fault")
    temporary.write_text(fault)
    temporary.rename(site.data_dir / "fault")


def test_hanging_worker_is_replaced(shared: TinySite) -> None:
    message = log_after_fault(shared, "hangs", "Starting it again.")
    assert message.startswith("Worker 1 gave no sign of life for ")


def test_worker_that_exceeds_the_job_limit_is_replaced(shared: TinySite) -> None:
    message = log_after_fault(shared, "is at one job forever", "lost:")
    assert message == (
        "Worker 1 exceeded the limit of 1 seconds for a job (picprocure.analyze_photo a-photo). "
        "Starting it again.\nlost: picprocure.analyze_photo a-photo\n"
    )


def test_replacement_knows_the_job_of_a_killed_worker(shared: TinySite) -> None:
    message = log_after_fault(shared, "dies over a job", "lost:")
    assert message == (
        "Worker 1 was ended by signal 9. Starting it again.\n"
        "lost: picprocure.analyze_photo a-photo\n"
    )


def test_worker_that_leaves_to_free_memory_is_replaced_silently(shared: TinySite) -> None:
    first, begin = shared.pid_of("/fault"), len(shared.log)
    cause(shared, "leaves")
    wait_for(lambda: shared.is_up() and shared.pid_of("/fault") not in (0, first), "another worker")
    assert shared.log[begin:] == ""


def test_long_job_is_not_interrupted(shared: TinySite) -> None:
    """The job takes much longer than the allowed silence or a lease."""
    assert log_after_fault(shared, "works for long", "it was done") == "it was done\n"


@pytest.mark.parametrize("part", ["ThreadingHTTPServer", "/none clock", "/none worker"])
def test_stopped_process_is_replaced(part: str, shared: TinySite) -> None:
    stopped = shared.pid_of(part)
    assert stopped
    os.kill(stopped, signal.SIGSTOP)
    wait_for(
        lambda: shared.is_up() and stopped not in {process.pid for process in shared.processes()},
        f"another process: {shared.log}",
    )


def _is_up_without(site: TinySite, killed: int) -> bool:
    return site.is_up() and killed not in {process.pid for process in site.processes()}


def test_site_is_healthy(shared: TinySite) -> None:
    command = [sys.executable, "-m", "picprocure.cli", "health", "up", "--port", str(shared.port)]
    environment = {**os.environ, "PICPROCURE_DATA_DIR": str(shared.data_dir)}
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stdout) == (0, "up: works\n")


def test_repeated_kills_do_not_end_the_site(shared: TinySite) -> None:
    for _ in range(8):
        killed = shared.pid_of("supervisor_pipe")
        os.kill(killed, signal.SIGKILL)
        wait_for(
            partial(_is_up_without, shared, killed),
            f"all processes: {shared.log}",
        )
    assert shared.process.poll() is None


def test_second_site_on_one_folder_is_refused_with_the_name_of_the_first(shared: TinySite) -> None:
    second = TinySite(shared.data_dir.parent, log_name="second.log")
    assert second.process.wait(timeout=20) == 1
    (line,) = second.log.splitlines()
    assert line.startswith(
        f"A site is already running on {shared.data_dir}: picprocure up at http://"
    )
    assert f":{shared.port}/, process {shared.process.pid}, since 20" in line
    assert shared.is_up()


@dataclass(frozen=True)
class Part:
    """A command that runs a part of a site, what it prints when it runs, and its processes."""

    role: str
    running: str
    process_count: int  # with the orphan guard

    def start(self, folder: Path, port: int) -> TinySite:
        name = f"{self.role}-{len(list(folder.iterdir()))}.log"
        return TinySite(folder, log_name=name, role=self.role, port=port)

    def runs(self, site: TinySite) -> bool:
        assert site.process.poll() is None, site.log
        return self.running in site.log and len(site.processes()) == self.process_count


WEB = Part("web", "The web server is running at http://", 3)
WORKER = Part("worker", "Workers are running: 2.", 3)


@pytest.mark.slow(reason="after a kill it waits for the end of what is left")
def test_parts_of_a_site_run_side_by_side_on_one_folder(tmp_path: Path) -> None:
    port, parts = free_port(), (WEB, WORKER)
    sites = [(part, part.start(tmp_path, port)) for part in parts]
    try:
        for part, site in sites:
            wait_for(partial(part.runs, site), f"a {part.role}")
        _, killed = sites.pop(0)
        killed.process.kill()
        killed.process.wait()
        sites.append((WEB, WEB.start(tmp_path, port)))  # at once: what is left holds the port
        wait_for(partial(WEB.runs, sites[-1][1]), "another web server")
        for _, site in sites:
            site.process.terminate()
        assert [site.process.wait(timeout=60) for _, site in sites] == [0] * len(parts)
    finally:
        for _, site in sites:
            site.process.kill()
    for _, site in sites:
        wait_for(site.has_ended, "an end of all its processes")
