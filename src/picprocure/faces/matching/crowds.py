"""Find photos with so many faces that they could change what is found in all other photos.

Each face makes matching stricter, since it could be anyone by chance. One photo with a hundred
strangers made it so much stricter that others lost photos. So photos of crowds are sorted after
others, and take none of them away (`faces.sorting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.thresholds import MAX_CROWDED_SHARE, MAX_FACES_OF_FEW

if TYPE_CHECKING:
    from numpy.typing import NDArray


def in_crowds(photos: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which faces are in photos with many faces (n,).

    There are none if more than a few photos have many faces, since then this is usual here.

    Args:
        photos: The photo of each face (n,).
    """
    _, numbered, counts = np.unique(photos, return_inverse=True, return_counts=True)
    crowded = counts > MAX_FACES_OF_FEW
    if crowded.sum() > MAX_CROWDED_SHARE * len(counts):
        return np.zeros(len(photos), dtype=np.bool_)
    return np.asarray(crowded[numbered])
