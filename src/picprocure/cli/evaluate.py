"""`picprocure evaluate`: the quality of the sorting of a labeled event."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from picprocure.cli.options import analysis_options

if TYPE_CHECKING:
    from picprocure.folders.evaluation.measures import ClusterFigures, DeliveryFigures, Figures
    from picprocure.folders.outcome import Outcome


@click.command()
@click.argument("event", type=click.Path(path_type=Path))
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Write the results to this file as JSON, like `sort`.",
)
@click.option(
    "--left-to-right",
    is_flag=True,
    help="The names of each photo are listed from left to right. Clusters can then be scored in "
    "every photo with as many faces as names.",
)
@analysis_options
def evaluate(
    event: Path,
    *,
    left_to_right: bool,
    report: Path | None,
    detector: str,
    embedder: str,
    workers: int,
    no_cache: bool,
    one_wrong_in: int,
    models_dir: Path | None,
) -> None:
    """Measure how well a labeled event is sorted.

    EVENT is a folder with people, photos and labels.json. Add boxes.json if the positions of the
    faces are known. With only photos and boxes.json, just the detection is measured. Nothing is
    written but the report. Exit status: the same as for `sort`.
    """
    # Imported here, so that --help doesn't wait for the face engine.
    from picprocure.cli import sort_run
    from picprocure.folders.evaluation.labels import read_event
    from picprocure.folders.evaluation.measures import measure
    from picprocure.folders.output.report import write_report

    with sort_run.explained_errors():
        labeled = read_event(event)
        sort_run.check_report(report)
        options = sort_run.build_run_options(
            detector=detector,
            embedder=embedder,
            workers=workers,
            no_cache=no_cache,
            one_wrong_in=one_wrong_in,
            models_dir=models_dir,
        )
        outcome = sort_run.run(labeled.photos, labeled.people, options)
        if report is not None:
            write_report(outcome, report)
    _print_figures(measure(outcome, labeled, left_to_right=left_to_right), outcome)
    sort_run.report_failed_photos(outcome)


def _print_figures(figures: Figures, outcome: Outcome) -> None:
    click.echo(
        f"{len(outcome.photos)} photos, {len(outcome.people)} people, "
        f"{sum(len(photo.faces) for photo in outcome.photos.values())} faces, "
        f"engine {outcome.engine.version}, {outcome.timing.seconds:.1f} s"
    )
    if figures.unlabeled:
        click.echo(f"{figures.unlabeled} photos without labels are ignored below.")
    if figures.delivery:
        _print_delivery(figures.delivery)
    if figures.clusters:
        _print_clusters(figures.clusters)
    if figures.detection:
        detection = figures.detection
        click.echo(
            f"detection           recall {detection.recall:.4f}   "
            f"({sum(detection.hits)} of {len(detection.hits)} faces; "
            f"{detection.false_boxes} false boxes, {detection.false_per_100:.1f} per 100 faces)"
        )


def _print_delivery(figures: DeliveryFigures) -> None:
    from picprocure.folders.names import printable

    delivery = figures.delivery
    click.echo(
        f"delivery            precision {delivery.precision:.4f}   recall {delivery.recall:.4f}   "
        f"({delivery.given} delivered, {delivery.right} of them right, {delivery.owed} owed)"
    )
    click.echo(
        f"with review         recall {figures.with_review.recall:.4f}   "
        f"({figures.reviews} in review, {figures.reviews_per_delivery:.2f} per delivery)"
    )
    wrong = sum(len(photos) for photos in figures.wrong.values())
    click.echo(f"wrong deliveries    {wrong}")
    for person, photos in figures.wrong.items():
        click.echo(f"  {printable(person)}: {', '.join(printable(photo) for photo in photos)}")


def _print_clusters(figures: ClusterFigures) -> None:
    click.echo(
        f"clusters (B-cubed)  precision {figures.precision:.4f}   recall {figures.recall:.4f}   "
        f"F1 {figures.f1:.4f}   ({figures.scored} of {figures.faces} faces "
        "have a known person)"
    )
