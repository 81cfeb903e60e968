"""The options that `sort` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from picprocure.faces.detectors import AUTO, CHOICES
from picprocure.faces.thresholds import ONE_WRONG_IN
from picprocure.system.cores import usable_cores

Function = Callable[..., Any]


def analysis_options(command: Function) -> Function:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: Final = (
    click.option(
        "--detector",
        type=click.Choice(CHOICES),
        default=AUTO,
        show_default=True,
        help="What finds the faces; auto takes the best that is here (`picprocure models`).",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=usable_cores,
        show_default="one per core",
        help="Photos looked at at the same time, each by a process of its own.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Keep no results and use none. Else they are kept in your own cache folder, by "
        "content: they hold biometric data. `picprocure cache clear` removes them.",
    ),
    click.option(
        "--one-wrong-in",
        type=click.IntRange(min=2),
        default=ONE_WRONG_IN,
        show_default=True,
        metavar="PHOTOS",
        help="How strict to be: of so many delivered photos one may be wrong.",
    ),
    click.option(
        "--models",
        "models_dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="PICPROCURE_MODELS_DIR",
        help="Where models are kept; by default in your data folder.",
    ),
)
