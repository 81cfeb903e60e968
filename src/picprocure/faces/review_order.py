"""The order in which a host is asked about doubtful matches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

Doubt = TypeVar("Doubt")


def questions(
    doubts: Iterable[Doubt],
    *,
    person: Callable[[Doubt], Hashable],
    cluster: Callable[[Doubt], Hashable],
    photo: Callable[[Doubt], Hashable],
    distance: Callable[[Doubt], float],
) -> list[list[Doubt]]:
    """Return the questions, those that decide most photos first, then the most likely ones.

    All doubts about a person and a cluster are one question, the nearest first.

    Args:
        doubts: Doubtful matches.
        person: Returns who is doubted.
        cluster: Returns the cluster of the face.
        photo: Returns the photo of the face.
        distance: Returns the distance of the face to the person's references.
    """
    groups: dict[Hashable, list[Doubt]] = defaultdict(list)
    for doubt in sorted(doubts, key=distance):
        groups[person(doubt), cluster(doubt)].append(doubt)

    def value(group: Sequence[Doubt]) -> tuple[int, float]:
        return -len({photo(doubt) for doubt in group}), distance(group[0])

    return sorted(groups.values(), key=value)
