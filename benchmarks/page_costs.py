"""What benchmarks of a site share: an empty site in this process, and the costs of calls and pages.

The processor time is the smallest of the rounds, in milliseconds. On PostgreSQL, that of the server
is included. The exponent is the slope of time over size, both as logarithms: 0 if something costs
the same whatever the size, 1 if it grows as fast.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil

if TYPE_CHECKING:
    from django.test import Client

TOOLS: Final = Path(__file__).parents[1] / "tools"
BATCH: Final = 2_000

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call costs: processor milliseconds and queries."""

    milliseconds: float
    queries: int


@contextmanager
def empty_site(*, postgres: bool = False, **settings: str) -> Iterator[psutil.Process | None]:
    """Set up Django in this process, with tables and static files in a temporary folder.

    Args:
        postgres: Whether it gets a PostgreSQL server of its own.
        **settings: More environment variables.

    Yields:
        The process of the database server, if there is one.
    """
    with ExitStack() as stack:
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
                "PICPROCURE_DATA_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
                "PICPROCURE_LOG_LEVEL": "WARNING",
                **settings,
            }
        )
        server = stack.enter_context(_postgres()) if postgres else None
        import django  # noqa: PLC0415 -- once its settings are known

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        yield server


@contextmanager
def _postgres() -> Iterator[psutil.Process]:
    """Run a server for the database of the site, and yield its process."""
    sys.path.insert(0, str(TOOLS))
    from postgres import running_server  # noqa: PLC0415

    before = {process.pid for process in psutil.process_iter()}
    with running_server() as address:
        os.environ["PICPROCURE_DATABASE_URL"] = address
        servers = [
            process
            for process in psutil.process_iter(["name", "ppid"])
            if process.pid not in before and process.info["name"] == "postgres"
        ]
        yield next(p for p in servers if p.info["ppid"] not in {q.pid for q in servers})


def learn_statistics() -> None:
    """Tell the database's planner about the rows. PostgreSQL learns them itself in a minute."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def insert(rows: Iterable[Any]) -> None:
    """Insert rows of one model."""
    made = list(rows)
    type(made[0]).objects.bulk_create(made, batch_size=BATCH)


def print_table(
    description: str | None,
    default_sizes: list[int],
    *,
    of: str,
    rounds: int,
    measured: Callable[[argparse.Namespace, Clock], Iterable[tuple[str, Sequence[Cost]]]],
) -> None:
    """Measure a site at several sizes, and print a table.

    Args:
        description: The help of the command.
        default_sizes: The sizes, unless the command says otherwise.
        of: What is counted by the sizes.
        rounds: How often each is measured, unless the command says otherwise.
        measured: A function that fills the site. It yields names, each with its cost at each size.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=default_sizes)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--postgres", action="store_true", help="with a server of its own")
    options = parser.parse_args()
    with empty_site(
        postgres=options.postgres,
        PICPROCURE_BROKER_URL="memory://localhost",
        PICPROCURE_ALLOWED_HOSTS="testserver",
        PICPROCURE_LOG_LEVEL="ERROR",
    ) as server:
        print(
            f"| | {' | '.join(f'{size:,}' for size in options.sizes)} {of} | exponent | queries |"
        )
        print("|---|" + "---|" * (len(options.sizes) + 2))
        for name, costs in measured(options, _clock(server) if server else time.process_time):
            times = [cost.milliseconds for cost in costs]
            queries = "/".join(dict.fromkeys(str(cost.queries) for cost in costs))
            figures = " | ".join(f"{milliseconds:,.1f}" for milliseconds in times)
            slope = float(np.polyfit(np.log(options.sizes), np.log(times), 1)[0])
            print(f"| {name} | {figures} | {slope:.2f} | {queries} |", flush=True)


def _clock(server: psutil.Process) -> Clock:
    """Return a clock of the processor seconds of this process and of a database server."""
    spent_by: dict[int, float] = {}  # also by processes that ended

    def seconds() -> float:
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                spent_by[process.pid] = _processor_seconds(process)
        return time.process_time() + sum(spent_by.values())

    return seconds


def _processor_seconds(process: psutil.Process) -> float:
    """Return what a process with one thread has used, more exactly than in ticks of 10 ms."""
    precise = Path(f"/proc/{process.pid}/schedstat")
    if precise.parent.exists():
        return int(precise.read_text().split()[0]) / 1e9
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def costs_of(calls: Sequence[Callable[[], Any]], rounds: int, clock: Clock) -> list[Cost]:
    """Return what each of some calls costs. Each round measures each of them once."""
    queries = [_queries_of(call) for call in calls]  # this warms up, too
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, spent in zip(calls, times, strict=True):
            start = clock()
            call()
            spent.append(clock() - start)
    return [Cost(min(spent) * 1000, count) for spent, count in zip(times, queries, strict=True)]


def page(client: Client, address: str) -> Callable[[], None]:
    """Return a call that requests an address and reads the response to its end."""

    def read() -> None:
        response = client.get(address)
        response.getvalue()
        if response.status_code != 200:
            raise SystemExit(f"{address} answers {response.status_code}")

    return read


def _queries_of(call: Callable[[], Any]) -> int:
    from django.db import connection  # noqa: PLC0415

    queries: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        queries.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        call()
    return len(queries)
