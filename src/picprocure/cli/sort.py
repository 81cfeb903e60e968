"""`picprocure sort`: each person's photos in a folder of their own, without a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from picprocure.cli.options import analysis_options

if TYPE_CHECKING:
    from picprocure.folders.outcome import Outcome

_folder = click.Path(path_type=Path)


@click.command()
@click.argument("photos", type=_folder)
@click.argument("people", type=_folder)
@click.option("--out", type=_folder, required=True, help="Folder for the results.")
@click.option("--report", type=_folder, help="Write the results to this file as JSON.")
@click.option(
    "--copy/--link",
    default=False,
    help="Copy the photos, so that you can share the folders, or link to the originals (default).",
)
@click.option(
    "--decisions",
    type=_folder,
    multiple=True,
    metavar="FILE",
    help="Also use the decisions of this file, which the page saved. OUT/decisions.json is always "
    "used. May be given several times.",
)
@analysis_options
def sort(
    photos: Path,
    people: Path,
    out: Path,
    *,
    report: Path | None,
    copy: bool,
    decisions: tuple[Path, ...],
    detector: str,
    embedder: str,
    workers: int,
    no_cache: bool,
    one_wrong_in: int,
    models_dir: Path | None,
) -> None:
    """Sort photos into a folder for each person.

    PHOTOS is a folder. Its subfolders are searched, too. PEOPLE is a folder with a photo NAME.jpg
    of each person, or a folder NAME with several. Each of these photos shows only that person.

    Each person's photos go to OUT/NAME, uncertain ones to OUT/_review. OUT/index.html shows them
    all. Run the command again after changes: it only analyzes new photos, and removes photos that
    no longer belong.

    To correct the result, move photos between the folders or delete them there, or mark faces on
    the page. OUT/decisions.json keeps this for all later runs.

    Exit status: 0 if all photos were analyzed, 3 if some couldn't be, 2 for usage errors.
    """
    # Imported here, so that --help doesn't wait for the face engine.
    from picprocure.cli import sort_run
    from picprocure.folders.checks import check_out, check_sources
    from picprocure.folders.corrections.files import StoredCorrections
    from picprocure.folders.output.delivery import output_folder
    from picprocure.folders.output.page import write_page
    from picprocure.folders.output.report import write_report
    from picprocure.folders.people import find_people
    from picprocure.folders.run import UserInput

    with sort_run.explained_errors():
        check_sources(photos, people)
        check_out(out, photos=photos, people=people)
        sort_run.check_report(report, sources=[photos, people], out=out)
        StoredCorrections.of(out, decisions)  # so that a bad file changes nothing
        options = sort_run.build_run_options(
            detector=detector,
            embedder=embedder,
            workers=workers,
            no_cache=no_cache,
            one_wrong_in=one_wrong_in,
            models_dir=models_dir,
        )
        try:
            with output_folder(out) as folder:
                stored = StoredCorrections.of(out, decisions)
                names = [person.name for person in find_people(people)]
                changes = folder.changes_by_hand(names)
                outcome = sort_run.run(
                    photos,
                    people,
                    options,
                    excluded=[out],
                    thumbnail_folder=folder.thumbnail_folder,
                    user=UserInput(tuple(stored.corrections), changes),
                )
                stored.write(outcome.settled)  # before files move, so that a crash loses nothing
                outcome.folder_notices.extend(stored.notices)
                delivery = folder.deliver(outcome, copy=copy)
                write_page(outcome, delivery, out)
            if report is not None:
                write_report(outcome, report)
        except KeyboardInterrupt:
            _print_resume_hint(no_cache=no_cache)
            raise
    _print_summary(outcome, out, chosen={detector, embedder})
    sort_run.report_failed_photos(outcome)


def _print_resume_hint(*, no_cache: bool) -> None:
    next_run = "start over" if no_cache else "continue"
    click.echo(f"\nStopped. Run the same command to {next_run}.", err=True)


def _print_summary(outcome: Outcome, out: Path, *, chosen: set[str]) -> None:
    from picprocure.cli.summary import print_summary

    print_summary(outcome, out, chosen=chosen)
