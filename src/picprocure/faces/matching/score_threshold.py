"""Compute the score that a match takes, from the share of photos that may be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.score_normalization import NORMAL

if TYPE_CHECKING:
    from numpy.typing import NDArray


def score_threshold(
    scores: NDArray[np.floating],
    sizes: NDArray[np.integer],
    *,
    people: int,
    max_wrong_share: float,
) -> float:
    """Return the lowest score at which at most this share of the delivered faces should be wrong.

    Each face is compared with each person. By chance, a known share of these comparisons reaches a
    score. Their number must be small, compared with all faces that reach the score. Source: Y.
    Benjamini, Y. Hochberg, "Controlling the False Discovery Rate", 1995. Here the chances are known
    instead of ranked.

    Args:
        scores: The score of the best person for each cluster (clusters,).
        sizes: The number of faces in each cluster (clusters,).
        people: The number of registered people.
        max_wrong_share: A share above 0.

    Returns:
        A score in deviations, at least 0.

    Raises:
        ValueError: `max_wrong_share` is not above 0.
    """
    if not max_wrong_share > 0:
        raise ValueError(f"max_wrong_share {max_wrong_share}: a share above 0 is needed")
    comparisons = people * int(sizes.sum())
    order = np.argsort(-scores, kind="stable")
    delivered = sizes[order].cumsum()
    wrong = np.array([comparisons * NORMAL.cdf(-float(score)) for score in scores[order]])
    fitting = np.flatnonzero(wrong <= max_wrong_share * delivered)
    max_delivered = int(delivered[fitting[-1]]) if len(fitting) else 1
    return -NORMAL.inv_cdf(min(max_wrong_share * max_delivered / comparisons, 0.5))
