"""Compare the references of one person with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.distances import distances_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings


def at_odds(references: Embeddings, *, agreement: float) -> NDArray[np.bool_]:
    """Return which references of a person show another face than most of them, bool (n,).

    If no reference agrees with most of them, all are at odds.

    Args:
        references: (n, 128), of length 1.
        agreement: Two references agree if they are nearer than this.
    """
    near = distances_between(references, references) < agreement
    group = near[near.sum(axis=1).argmax()]
    return ~group if 2 * group.sum() > len(references) else np.ones(len(references), dtype=np.bool_)
