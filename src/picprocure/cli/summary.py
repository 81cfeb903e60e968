"""The summary that is printed after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from picprocure.cli.engine_line import engine_line
from picprocure.folders.names import printable
from picprocure.folders.output.notices import notices

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from picprocure.folders.outcome import Outcome, SortedPerson


def print_summary(outcome: Outcome, out: Path, *, chosen: Collection[str]) -> None:
    console = Console(markup=False, highlight=False)
    console.print(_table(outcome))
    for person in outcome.people:
        for problem in _reference_problems(person):
            console.print(problem, soft_wrap=True)
    for notice in notices(outcome):
        console.print(notice, soft_wrap=True)
    console.print(_photos_line(outcome), soft_wrap=True)
    console.print(engine_line(outcome.engine.about, chosen), soft_wrap=True)
    console.print(f"See the results in {printable(str(out / 'index.html'))}", soft_wrap=True)


def _table(outcome: Outcome) -> Table:
    table = Table(box=SIMPLE_HEAD, show_footer=True)
    people = outcome.people
    table.add_column("Person", Text("All"), overflow="fold")
    table.add_column("Photos", str(sum(len(person.photos) for person in people)), justify="right")
    table.add_column("Review", str(sum(len(person.review) for person in people)), justify="right")
    table.add_column("References", _usable(*people), justify="right")
    for person in people:
        table.add_row(
            Text(printable(person.name)),
            str(len(person.photos)),
            str(len(person.review)),
            _usable(person),
        )
    return table


def _usable(*people: SortedPerson) -> str:
    references = [reference for person in people for reference in person.references]
    return f"{sum(reference.ok for reference in references)} of {len(references)}"


def _reference_problems(person: SortedPerson) -> list[str]:
    if not person.references:
        return [f"{printable(person.name)} has no reference photo."]
    return [
        f"{printable(reference.file)}: {printable(reference.reason)}"
        for reference in person.references
        if reference.reason is not None
    ]


def _photos_line(outcome: Outcome) -> str:
    total, failed = len(outcome.photos), len(outcome.failed)
    if not total:
        return "There are no photos in this folder."
    photos = "photo" if total == 1 else "photos"
    parts = [
        f"{total:,} {photos} in {outcome.timing.seconds:.1f} s",
        f"{outcome.newly_analyzed:,} analyzed now",
    ]
    if failed:
        parts.append(f"{failed:,} could not be analyzed")
    if outcome.other_files:
        files = "file" if outcome.other_files == 1 else "files"
        parts.append(f"{outcome.other_files:,} other {files} skipped")
    return "; ".join(parts) + "."
