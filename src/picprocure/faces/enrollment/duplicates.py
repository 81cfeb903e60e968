"""Find duplicates: a new person with the face of a registered one, or a copy of a photo's face.

Measured on Labeled Faces in the Wild (2,111 identities, YuNet), each half of them against itself:
of newcomers whose face no registrant has, one in a hundred is nearer than this to one of

    ==============================  =====  =====  =====
    registrants                        50    200    800
    ==============================  =====  =====  =====
    one reference each                .344   .321   .301
    three each                        .334   .314   .296
    three each, newcomers with three  .324   .307   .280
    limit here, newcomers with one    .334   .314   .294
    ==============================  =====  =====  =====

`benchmarks/borrowed_faces.py` prints how many are held and caught at that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.thresholds import DEFAULT
from picprocure.faces.vectors import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings


@dataclass(frozen=True, slots=True)
class FoundCollision:
    """The reference ``entry`` looks like the person ``owner``, who was there before it."""

    entry: int
    owner: int
    distance: float


def find_collisions(references: Embeddings, owners: Sequence[int]) -> list[FoundCollision]:
    """Return the references that are nearer to an earlier person than strangers are.

    Each is compared with all earlier people, by the mean of their references up to then. The work
    doesn't depend on the result.

    Args:
        references: (n, 128), of length 1, in the order in which they came to the event.
        owners: (n,) the person of each reference, counted from 0.
    """
    count = max(owners, default=-1) + 1
    sums = np.zeros((count, references.shape[1]), dtype=np.float32)
    is_there: NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)
    own = np.bincount(owners, minlength=count) if count else np.zeros(0, dtype=np.intp)
    found = []
    for entry, owner in enumerate(owners):
        others = is_there.copy()
        others[owner] = False
        distances = np.linalg.norm(normalize(sums) - references[entry], axis=1)
        limit = collision_limit(people=int(others.sum()), own_references=int(own[owner]))
        near = np.flatnonzero(others & (distances < limit))
        found += [FoundCollision(entry, int(row), float(distances[row])) for row in near]
        sums[owner] += references[entry]
        is_there[owner] = True
    return found


def collision_limit(*, people: int, own_references: int) -> float:
    """Return the distance below which a newcomer's face is taken for one of these people's.

    It falls with the number of comparisons, so that about one newcomer in a hundred is below it by
    chance, whatever the event's size.
    """
    comparisons = max(people, 1) * max(own_references, 1)
    decades = math.log10(comparisons / DEFAULT.collision_comparisons)
    limit = DEFAULT.collision_distance - DEFAULT.collision_step * decades
    return min(limit, DEFAULT.max_collision_distance)


def find_copies(references: Embeddings, faces: Embeddings) -> list[tuple[int, int]]:
    """Return references that are copies of faces in photos, as (reference, nearest face).

    Both arguments are (n, 128), of length 1.
    """
    if len(faces) == 0:
        return []
    found = []
    for row, reference in enumerate(references):
        distances = np.linalg.norm(faces - reference, axis=1)
        nearest = int(distances.argmin())
        if distances[nearest] < DEFAULT.copy_distance:
            found.append((row, nearest))
    return found
