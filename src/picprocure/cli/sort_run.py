"""The parts of a command line run that `sort` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from picprocure.cli.progress import progress_display
from picprocure.faces.errors import ModelError
from picprocure.folders.analysis.cache import AnalysisCache
from picprocure.folders.analysis.engine_choice import choose_engine
from picprocure.folders.corrections.files import is_decisions_file
from picprocure.folders.errors import FoldersError, UnusableFolders
from picprocure.folders.names import name_with_problem, printable
from picprocure.folders.output.report import is_report
from picprocure.folders.run import RunOptions, sort_folders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from picprocure.folders.outcome import Outcome
    from picprocure.folders.run import UserInput

SOME_FAILED: Final = 3


def build_run_options(
    *,
    detector: str,
    embedder: str,
    workers: int,
    no_cache: bool,
    one_wrong_in: int,
    models_dir: Path | None,
) -> RunOptions:
    """Return the options of a run, and warn if results can't be cached.

    Raises:
        ModelError: A model is missing or has the wrong content.
    """
    engine = choose_engine(detector, embedder, models_dir, keep_model=not no_cache)
    cache = AnalysisCache(None) if no_cache else AnalysisCache.for_user(engine.version)
    if cache.problem:
        click.echo(f"Warning: {cache.problem}", err=True)
    return RunOptions(engine, cache, workers, max_wrong_share=1 / one_wrong_in)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Exit with a message: with status 2 for wrong arguments, and 1 for other problems."""
    try:
        yield
    except (UnusableFolders, ModelError) as problem:
        raise click.UsageError(str(problem)) from problem
    except FoldersError as problem:
        raise click.ClickException(str(problem)) from problem
    except OSError as problem:
        file_name = f"{printable(str(problem.filename))}: " if problem.filename else ""
        raise click.ClickException(f"{file_name}{problem.strerror or problem}") from problem


def run(
    photos: Path,
    people: Path | None,
    options: RunOptions,
    *,
    excluded: Iterable[Path] = (),
    thumbnail_folder: Path | None = None,
    user: UserInput | None = None,
) -> Outcome:
    with progress_display() as progress:
        return sort_folders(
            photos,
            people,
            options,
            excluded=excluded,
            thumbnail_folder=thumbnail_folder,
            progress=progress,
            user=user,
        )


def check_report(
    path: Path | None, *, sources: Iterable[Path] = (), out: Path | None = None
) -> None:
    """Check before a run that its report would not replace anything but a report.

    Raises:
        UnusableFolders: The report can't be written there.
    """
    if path is None:
        return
    name = printable(str(path))
    target, output_folder = path.resolve(), None if out is None else out.resolve()
    if path.is_dir():
        raise UnusableFolders(f"{name} is a folder. Name a file for the report.")
    if target.parent != output_folder and not target.parent.is_dir():
        raise UnusableFolders(
            f"{printable(str(path.parent))}, the report's folder, does not exist."
        )
    if any(target.is_relative_to(source.resolve()) for source in sources):
        raise UnusableFolders(
            f"{name} is inside the photos folder. Name another place for the report."
        )
    if output_folder and target.is_relative_to(output_folder) and target.parent != output_folder:
        raise UnusableFolders(f"{name} is inside a results folder. Put it directly into {out}.")
    if target.parent == output_folder and is_decisions_file(target.name):
        raise UnusableFolders(
            f"{name} has the name of a file with decisions. Name another file for the report."
        )
    if target.exists() and not is_report(target):
        raise UnusableFolders(f"{name} exists and is not a report. Name another file.")


def report_failed_photos(outcome: Outcome) -> None:
    """Print the photos that can't be analyzed, and exit with status 3 if there are any."""
    if not outcome.failed:
        return
    count = len(outcome.failed)
    click.echo(f"\n{count} photo{'s' if count > 1 else ''} could not be analyzed:", err=True)
    for name, error in outcome.failed.items():
        click.echo(f"  {name_with_problem(name, error)}", err=True)
    click.get_current_context().exit(SOME_FAILED)
