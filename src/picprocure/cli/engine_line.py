"""One line about the engine in use, for the output of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def engine_line(used: Mapping[str, str], chosen: Collection[str]) -> str:
    """Return one line about the detector and the embedder in use, and how to get better ones.

    Args:
        used: The names of both, by "detector" and "embedder".
        chosen: Names that the user chose. They need no advice.
    """
    line = f"Face detector: {used['detector']}. Face embedder: {used['embedder']}."
    better = [
        f"`picprocure models get {kind.best}`"
        for kind in (DETECTORS, EMBEDDERS)
        if used[kind.task] != kind.best and used[kind.task] not in chosen
    ]
    if better:
        line += f" To find and recognize more faces, run {' and '.join(better)}."
    return line
