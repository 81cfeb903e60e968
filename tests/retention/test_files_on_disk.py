"""Search every file of a data folder for deleted values, as a thief of the disk could."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is about SQLite's files")

TESTS = Path(__file__).parents[1]
START = "import django; django.setup(); from retention.site_on_disk import main; main()"


@dataclass(frozen=True)
class Step:
    """The names of the values that were searched for, and of those in a file or a file's name."""

    searched: set[str]
    found: set[str]


@dataclass(frozen=True)
class Run:
    steps: dict[str, Step]
    log: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    log, steps = tmp_path_factory.mktemp("site") / "log", {}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", START],
            cwd=TESTS,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "settings_on_disk"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as site,
    ):
        assert site.stdin
        assert site.stdout
        for line in site.stdout:
            report = json.loads(line)
            steps[report["step"]] = search(Path(report["folder"]), report["values"])
            site.stdin.write("\n")
            site.stdin.flush()
    assert site.returncode == 0, log.read_text()
    return Run(steps, log.read_text())


def search(folder: Path, values: dict[str, str]) -> Step:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    texts = [str(path).encode() for path in paths] + [path.read_bytes() for path in paths]
    found = {
        name
        for name, value in values.items()
        if any(bytes.fromhex(value) in text for text in texts)
    }
    return Step(set(values), found)


@pytest.mark.parametrize(
    "step",
    [
        "no room for cleaning",
        "before the withdrawal",
        "before the account's deletion",
        "before the event's end",
        "before the sign-up's end",
        "what stays",
    ],
)
def test_search_finds_stored_values(run: Run, step: str) -> None:
    assert run.steps[step].found == run.steps[step].searched != set()


@pytest.mark.parametrize(
    "step",
    [
        "after the withdrawal",
        "after the replacement",
        "after one photo's deletion",
        "after the account's deletion",
        "after the event's end",
        "after the sign-up's end",
        "cleaned once",
    ],
)
def test_deleted_values_are_in_no_file(run: Run, step: str) -> None:
    assert run.steps[step].searched
    assert run.steps[step].found == set()


def test_values_that_another_program_reads_are_deleted_once_it_ends(run: Run) -> None:
    assert "reference 0" in run.steps["while another program reads"].found
    assert run.steps["after the other program"].found == set()
    assert "Deleted data are still in picprocure.sqlite3-wal: process " in run.log


def test_full_disk_delays_the_cleaning_and_logs_it(run: Run) -> None:
    assert "Cleaning them needs" in run.log
    assert run.log.count("free pages") == 1
