"""Let many guests look at an event, with and without workers that analyze its next photos.

    python benchmarks/load.py [--guests 50 200] [--processes 1 2] [--analyze 0 300] [--postgres]

The event has 1,000 photos, and each guest 60 of them. `guests.py` says what guests do. Everything
runs on this machine: locust takes a part of its processor time, which is printed. `make load`
installs locust.

The times are those of all requests of a kind in milliseconds. "All" also has photos in web size and
their pages. The memory is that of the web server's processes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from measured_site import HOST, Server, Visitor, prepare, serving, visitors_of
from page_costs import empty_site
from sample_photos import SIZES, SamplePhotos

if TYPE_CHECKING:
    from large_event import Scene

HERE: Final = Path(__file__).parent
SHOWN: Final = ("gallery", "thumbnail", "Aggregated")


@dataclass(frozen=True, slots=True)
class Load:
    """One measurement.

    Attributes:
        guests: People at once.
        processes: Web processes.
        analyzed: Photos that wait for their analysis when it begins.
    """

    guests: int
    processes: int
    analyzed: int


def main() -> None:
    options = _parsed_options()
    columns = (
        *("guests", "web processes", "photos left", "gallery p50, p95", "thumbnail p50, p95"),
        *("all p95", "a second", "errors", "MB", "cores: web, workers, locust"),
    )
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for analyzed in options.analyze:
        for processes in options.processes:
            for guests in options.guests:
                print(measured(options, Load(guests, processes, analyzed)), flush=True)


def measured(options: argparse.Namespace, load: Load) -> str:
    """Measure in a process of its own, since a process has one site. Return a row."""
    if options.only:
        return _row(options, load)
    arguments = [
        *("--only", "--guests", str(load.guests), "--processes", str(load.processes)),
        *("--analyze", str(load.analyzed), "--seconds", str(options.seconds)),
        *("--threads", str(options.threads), "--nice", str(options.nice)),
        *(["--postgres"] if options.postgres else []),
    ]
    output = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return output.strip().splitlines()[-1]


def _row(options: argparse.Namespace, load: Load) -> str:
    with ExitStack() as stack:
        models = str(options.models)
        site = empty_site(postgres=options.postgres, PICPROCURE_MODELS_DIR=models)
        postgres = stack.enter_context(site)
        scene = prepare(1_000, load.guests)
        guests = visitors_of(scene, load.guests)
        _upload(scene, load.analyzed)
        server = stack.enter_context(serving(load.processes, options.threads, postgres))
        workers = stack.enter_context(_workers(options.nice)) if load.analyzed else []
        spent = [server.seconds(), _seconds(workers), _seconds_of_children()]
        times = _played(server, guests, scene, options)
        spent = [
            server.seconds() - spent[0],
            _seconds(workers) - spent[1],
            _seconds_of_children() - spent[2],
        ]
        left = scene.event.photos.filter(analyzed_at=None).count()
        shares = ", ".join(f"{seconds / options.seconds:.2f}" for seconds in spent)
        gallery, thumbnail, total = (times[name] for name in SHOWN)
        cells = (
            str(load.guests),
            str(load.processes),
            f"{left} of {load.analyzed}",
            f"{gallery['50%']}, {gallery['95%']}",
            f"{thumbnail['50%']}, {thumbnail['95%']}",
            total["95%"],
            f"{float(total['Requests/s']):.0f}",
            total["Failure Count"],
            f"{server.megabytes():.0f}",
            shares,
        )
        return "| " + " | ".join(cells) + " |"


def _upload(scene: Scene, count: int) -> None:
    """Upload photos of people to the event."""
    from django.db import connections  # noqa: PLC0415 -- once Django is set up

    from picprocure.pipeline.steps import receive_photo  # noqa: PLC0415

    if not count:
        return
    folder = SamplePhotos.of(None).groups(SIZES["3MP"], count)
    for path in sorted(folder.glob("*.jpg"))[:count]:
        with path.open("rb") as file:
            receive_photo(
                event=scene.event,
                uploaded_by=scene.host,
                upload=file,
                name=path.name,
                size=path.stat().st_size,
            )
    connections.close_all()


@contextmanager
def _workers(nice: int) -> Iterator[list[psutil.Process]]:
    """Run workers as `picprocure up` starts them."""
    from django.conf import settings  # noqa: PLC0415

    command = [sys.executable, "-m", "picprocure.pipeline.process", "worker"]
    if nice:
        command = ["nice", "-n", str(nice), *command]
    running = [
        subprocess.Popen([*command, f"worker{number}"], start_new_session=True)
        for number in range(1, settings.WORKER_PROCESSES + 1)
    ]
    try:
        yield [psutil.Process(process.pid) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:4]) for process in processes)


def _seconds_of_children() -> float:
    """Return the processor seconds of processes that ended: locust's, while the others run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _played(
    server: Server,
    guests: Sequence[Visitor],
    scene: Scene,
    options: argparse.Namespace,
) -> dict[str, dict[str, Any]]:
    """Let guests look for some time. Return locust's figures by the kind of request."""
    known = [(guest.session, guest.photos) for guest in guests]
    site = {"event": str(scene.event.pk), "guests": known}
    folder = Path(os.environ["PICPROCURE_DATA_DIR"])
    known_guests = folder / "guests.json"
    known_guests.write_text(json.dumps(site))
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", str(HERE / "guests.py")),
        *("--headless", "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", "30"),
        *("--host", f"http://{HOST}:{server.port}", "--csv", str(folder / "times")),
        *("--users", str(len(guests)), "--spawn-rate", str(len(guests))),
        *("--run-time", f"{options.seconds}s", "--loglevel", "ERROR"),
    ]
    environment = {**os.environ, "GUESTS": str(known_guests)}
    subprocess.run(command, env=environment, check=True, stdout=sys.stderr)
    with (folder / "times_stats.csv").open() as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def _parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--guests", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="of the server")
    parser.add_argument("--threads", type=int, default=32, help="of each process")
    parser.add_argument("--analyze", type=int, nargs="+", default=[0, 300], help="photos")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--nice", type=int, default=0, help="of the workers")
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    parser.add_argument("--models", type=Path, default=HERE.parent / "var/models")
    parser.add_argument("--only", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
