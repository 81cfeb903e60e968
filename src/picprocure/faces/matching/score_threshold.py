"""How strict an event must be, from how many wrong photos its host will bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.score_normalization import NORMAL

if TYPE_CHECKING:
    from numpy.typing import NDArray


def limit_score(
    scores: NDArray[np.floating],
    sizes: NDArray[np.integer],
    *,
    people: int,
    max_wrong_share: float,
) -> float:
    """The score from which on no more than this share of what is delivered should be wrong.

    ``scores`` (clusters,) are those of the nearest person, ``sizes`` the clusters' faces. Each face
    has a chance with each person; by chance alone a known part of strangers reaches a score, and
    that must stay small against all that reaches it. (Y. Benjamini, Y. Hochberg, "Controlling the
    False Discovery Rate", 1995, with the chances known instead of ranked.)
    """
    if not max_wrong_share > 0:
        raise ValueError(f"max_wrong_share {max_wrong_share}: a share above 0 is needed")
    chances = people * int(sizes.sum())
    order = np.argsort(-scores, kind="stable")
    delivered = sizes[order].cumsum()
    wrong = np.array([chances * NORMAL.cdf(-float(score)) for score in scores[order]])
    fitting = np.flatnonzero(wrong <= max_wrong_share * delivered)
    most = int(delivered[fitting[-1]]) if len(fitting) else 1
    return -NORMAL.inv_cdf(min(max_wrong_share * most / chances, 0.5))
