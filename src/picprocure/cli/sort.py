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
@click.option("--report", type=_folder, help="Write what was found as JSON to this file.")
@click.option(
    "--copy/--link",
    default=False,
    help="Copy the photos, to hand the folders on, or link to the originals (the default).",
)
@analysis_options
def sort(
    photos: Path,
    people: Path,
    out: Path,
    *,
    report: Path | None,
    copy: bool,
    detector: str,
    workers: int,
    no_cache: bool,
    one_wrong_in: int,
    models_dir: Path | None,
) -> None:
    """Sort the photos of a folder by who is in them.

    PHOTOS is searched with all its folders. PEOPLE holds a photo NAME.jpg of each person, or a
    folder NAME with several, each showing that person alone.

    OUT/NAME gets each person's photos, OUT/_review what is doubtful, OUT/index.html shows it all.
    Run it again after a change: only what is new is looked at, and what no longer holds goes. The
    status is 0 when every photo was analyzed, 3 when some could not be, 2 for wrong arguments.
    """
    # Imported here, so that --help doesn't wait for the face engine.
    from picprocure.cli import sort_run
    from picprocure.folders.checks import check_out, check_sources
    from picprocure.folders.output.delivery import output_folder
    from picprocure.folders.output.page import write_page
    from picprocure.folders.output.report import write_report

    with sort_run.explained_errors():
        check_sources(photos, people)
        check_out(out, photos=photos, people=people)
        sort_run.check_report(report, sources=[photos, people], out=out)
        options = sort_run.build_run_options(
            detector=detector,
            workers=workers,
            no_cache=no_cache,
            one_wrong_in=one_wrong_in,
            models_dir=models_dir,
        )
        try:
            with output_folder(out) as folder:
                outcome = sort_run.run(
                    photos,
                    people,
                    options,
                    excluded=[out],
                    thumbnail_folder=folder.thumbnail_folder,
                )
                delivery = folder.deliver(outcome, copy=copy)
                write_page(outcome, delivery, out)
            if report is not None:
                write_report(outcome, report)
        except KeyboardInterrupt:
            _print_resume_hint(no_cache=no_cache)
            raise
    _print_summary(outcome, out, detector)
    sort_run.report_failed_photos(outcome)


def _print_resume_hint(*, no_cache: bool) -> None:
    next_run = "begins anew" if no_cache else "goes on from here"
    click.echo(f"\nStopped. The same command {next_run}.", err=True)


def _print_summary(outcome: Outcome, out: Path, detector: str) -> None:
    from picprocure.cli.summary import print_summary

    print_summary(outcome, out, is_detector_chosen=detector != "auto")
