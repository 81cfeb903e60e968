"""Number clusters so that most of them keep the number that they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count


def stable_numbers(clusters: Sequence[int], stored: Sequence[int | None]) -> list[int]:
    """Return the number of each face's cluster.

    A cluster keeps the number that most of its faces have. If two clusters have the same one, it
    belongs to the one with more faces that have it. Others get the lowest free numbers.

    Args:
        clusters: The cluster of each face, in any numbers.
        stored: The number that each face has, or None.
    """
    numbers: dict[int, int] = {}
    taken: set[int] = set()
    shared = Counter(zip(clusters, stored, strict=True))
    for (cluster, number), _ in shared.most_common():
        if number is not None and cluster not in numbers and number not in taken:
            numbers[cluster] = number
            taken.add(number)
    free = (number for number in count() if number not in taken)
    for cluster in clusters:
        if cluster not in numbers:
            numbers[cluster] = next(free)
    return [numbers[cluster] for cluster in clusters]
