"""What `sort` and `evaluate` are both told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

# faces.detectors has them too, but takes half a second to import; a test holds these to those.
DETECTORS: Final = ("auto", "yunet", "centerface", "hog")

Function = Callable[..., Any]


def analysis_options(command: Function) -> Function:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_OPTIONS: Final = (
    click.option(
        "--detector",
        type=click.Choice(DETECTORS),
        default="auto",
        show_default=True,
        help="What finds the faces; auto takes the best that is here (`picprocure models`).",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=_cores,
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
        "--models",
        "models_dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="PICPROCURE_MODELS_DIR",
        help="Where models are kept; by default in your data folder.",
    ),
)
