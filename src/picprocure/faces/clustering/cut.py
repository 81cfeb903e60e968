"""Divide faces that were taken for one person, if some of them are known to show others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_MAX_ROUNDS: Final = 20


def look_like_others(embeddings: Embeddings, others: Collection[int]) -> NDArray[np.bool_]:
    """Return which faces look more like some of them than like the rest (n,).

    These and the rest are two groups around their centers (k-means). The first ones stay where
    they are. The face that looks least like them is of the rest.

    Args:
        embeddings: The faces (n, 128), of any length.
        others: The rows of the faces that are known to show others, at least one.
    """
    faces = unit(embeddings)
    known = np.zeros(len(faces), dtype=np.bool_)
    known[list(others)] = True
    likeness = faces @ faces[known].mean(axis=0)
    first = int(np.where(known, np.inf, likeness).argmin())
    if known[first]:
        return known
    found, rest = known, np.arange(len(faces)) == first
    for _ in range(_MAX_ROUNDS):
        centers = unit(np.array([faces[found].mean(axis=0), faces[rest].mean(axis=0)]))
        nearer = faces @ (centers[0] - centers[1]) > 0
        nearer[known], nearer[first] = True, False
        if (nearer == found).all() and (nearer == ~rest).all():
            break
        found, rest = nearer, ~nearer
    return found
