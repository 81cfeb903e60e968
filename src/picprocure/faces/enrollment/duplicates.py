"""Find duplicates: a newcomer with the face of a registrant, or a copy of a face in a photo.

Measured on Labeled Faces in the Wild (2,111 identities, YuNet), each half of them against itself.
One in a hundred newcomers whose face no registrant has is nearer than this to a registrant:

    ==============================  =====  =====  =====
    registrants                        50    200    800
    ==============================  =====  =====  =====
    one reference each                .344   .321   .301
    three each                        .334   .314   .296
    three each, newcomers with three  .324   .307   .280
    limit here, newcomers with one    .334   .314   .294
    ==============================  =====  =====  =====

`benchmarks/borrowed_faces.py` prints how many newcomers wait and are caught at these distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.distances import Distances
from picprocure.faces.vectors import normalize, unit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


@dataclass(frozen=True, slots=True)
class FoundCollision:
    """A reference that looks like a person who came before.

    Attributes:
        entry: The row of the reference.
        owner: The earlier person.
        distance: Between the two.
    """

    entry: int
    owner: int
    distance: float


def find_collisions(
    references: Embeddings,
    owners: Sequence[int],
    thresholds: Thresholds,
    *,
    newcomers: Collection[int] | None = None,
) -> list[FoundCollision]:
    """Find references that collide with people who came before.

    Each reference is compared with the mean of the references that each earlier person had then.
    All comparisons are always made, so the time doesn't reveal the result.

    Args:
        references: (n, 128), of length 1, in the order in which they came to the event.
        owners: The person of each reference (n,), counted from 0.
        thresholds: Those of the engine that embedded the references.
        newcomers: Only pairs with one of these people are compared. By default, all pairs are.

    Returns:
        One for each reference and each person that it collides with.
    """
    if not len(owners):
        return []
    count = max(owners) + 1
    is_newcomer: NDArray[np.bool_] = np.ones(count, dtype=np.bool_)
    if newcomers is not None:
        is_newcomer[:] = False
        is_newcomer[list(newcomers)] = True
    own = np.bincount(owners, minlength=count)
    # Nothing is compared before the first newcomer's first reference.
    start = next((entry for entry, owner in enumerate(owners) if is_newcomer[owner]), len(owners))
    sums = np.zeros((count, references.shape[1]), dtype=np.float32)
    np.add.at(sums, list(owners[:start]), references[:start])
    means = normalize(sums)
    is_there: NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)
    is_there[list(owners[:start])] = True
    found = []
    for entry in range(start, len(owners)):
        owner = owners[entry]
        is_compared = is_there if is_newcomer[owner] else is_there & is_newcomer
        people = np.flatnonzero(is_compared)
        people = people[people != owner]
        distances = np.linalg.norm(means[people] - references[entry], axis=1)
        limit = collision_limit(
            thresholds,
            people=int(is_there.sum()) - int(is_there[owner]),
            own_references=int(own[owner]),
        )
        found += [
            FoundCollision(entry, int(people[row]), float(distances[row]))
            for row in np.flatnonzero(distances < limit)
        ]
        sums[owner] += references[entry]
        means[owner] = normalize(sums[owner, np.newaxis])[0]
        is_there[owner] = True
    return found


def collision_limit(thresholds: Thresholds, *, people: int, own_references: int) -> float:
    """Return the distance below which a newcomer collides with a person.

    It falls with the number of comparisons. So in an event of any size, about one newcomer in a
    hundred is below it by chance.

    Args:
        thresholds: Those of the engine that embedded the references.
        people: The number of people who came before.
        own_references: The number of the newcomer's references.
    """
    comparisons = max(people, 1) * max(own_references, 1)
    decades = math.log10(comparisons / thresholds.collision_comparisons)
    limit = thresholds.collision_distance - thresholds.collision_step * decades
    return min(limit, thresholds.max_collision_distance)


def find_same_faces(people: Sequence[Embeddings], thresholds: Thresholds) -> list[tuple[int, int]]:
    """Find pairs of people who may be one person with two names.

    Each reference of one is compared with each of the other. The root of their mean squared
    distance decides. The order of the people changes nothing.

    With SFace, .98 of the people with two names are found among 30 others, and .96 among 200. One
    of 200 names is in a pair by chance with one reference each, and none with three. With dlib's
    network, .82 and .72 are found. The distance between mean references finds more of them, and up
    to ten pairs by chance among 200 people with three references.

    Args:
        people: The references (n, 128) of each person, at least one.
        thresholds: Those of the engine that embedded the references.

    Returns:
        The indices of the two people of each pair, the lower one first, in ascending order.
    """
    if not people:
        return []
    means = np.stack([normalize(own).mean(axis=0) for own in people])
    first, second = np.triu_indices(len(people), 1)
    # Of vectors of length 1, the squared distance is 2 - 2 times their product.
    distances = np.sqrt(np.maximum(2 - 2 * (means @ means.T)[first, second], 0))
    near = distances < collision_limit(thresholds, people=len(people) - 1, own_references=1)
    return list(zip(first[near].tolist(), second[near].tolist(), strict=True))


def find_copies(
    references: Embeddings,
    faces: Embeddings,
    thresholds: Thresholds,
    distances: Distances | None = None,
) -> list[tuple[int, int]]:
    """Find references that are copies of faces in photos.

    Args:
        references: (references, 128), of length 1.
        faces: (faces, 128), of length 1.
        thresholds: Those of the engine that embedded both.
        distances: Computes distances. By default, none are kept.

    Returns:
        The rows of the reference and of the nearest face, for each copy.
    """
    if len(faces) == 0:
        return []
    distances = distances or Distances()
    apart, nearest = distances.nearest("copies", unit(references), unit(faces))
    copies = np.flatnonzero(apart < thresholds.copy_distance)
    return list(zip(copies.tolist(), nearest[copies].tolist(), strict=True))
