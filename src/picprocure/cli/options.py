"""The options that `sort` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.models.alternatives import AUTO
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
        type=click.Choice(DETECTORS.choices),
        default=AUTO,
        show_default=True,
        help="Face detector; auto uses the best one installed (see `picprocure models`).",
    ),
    click.option(
        "--embedder",
        type=click.Choice(EMBEDDERS.choices),
        default=AUTO,
        show_default=True,
        help="Network that recognizes faces; auto uses the best one installed.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=usable_cores,
        show_default="one per core",
        help="Number of photos to analyze at the same time.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Don't use or store cached results. Cached results are in your cache folder and "
        "contain biometric data. `picprocure cache clear` deletes them.",
    ),
    click.option(
        "--one-wrong-in",
        type=click.IntRange(min=2),
        default=ONE_WRONG_IN,
        show_default=True,
        metavar="PHOTOS",
        help="How strict to be: at most one in this many delivered photos may be wrong.",
    ),
    click.option(
        "--models",
        "models_dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="PICPROCURE_MODELS_DIR",
        help="Folder for models. Default: your data folder.",
    ),
)
