"""Change clusters so that they agree with what hosts said: who is one person, and who is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from picprocure.faces.distances import distances_between
from picprocure.faces.vectors import face_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_FAR: Final = 4.0
"""Farther than any two faces."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What is known of faces, by their rows.

    Attributes:
        together: Faces of one person each. No face is in two of these.
        apart: Pairs of faces of two people. A face stands for all that are together with it.
    """

    together: tuple[tuple[int, ...], ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.together or self.apart)

    def renumbered(self, rows: NDArray[np.intp]) -> Self:
        """Return the same of faces in other rows, where several faces may have become one.

        Args:
            rows: The new row of each face (n,).
        """
        together = joined(tuple(rows[list(one)].tolist()) for one in self.together)
        apart = {(int(rows[one]), int(rows[other])) for one, other in self.apart}
        return type(self)(tuple(together), frozenset(pair for pair in apart if pair[0] != pair[1]))

    def among(self, rows: NDArray[np.intp]) -> Self:
        """Return what is known of some faces, by their places among these.

        Args:
            rows: The rows of these faces.
        """
        places = {row: place for place, row in enumerate(rows.tolist())}
        together = [tuple(places[row] for row in one if row in places) for one in self.together]
        apart = {
            (places[one], places[other])
            for one, other in self.pairs_apart()
            if one in places and other in places
        }
        return type(self)(tuple(one for one in together if len(one) > 1), frozenset(apart))

    def pairs_apart(self) -> Iterator[tuple[int, int]]:
        """Yield all pairs of faces of two people."""
        together = {row: rows for rows in self.together for row in rows}
        for one, other in self.apart:
            yield from product(together.get(one, (one,)), together.get(other, (other,)))

    def people(self) -> list[tuple[int, ...]]:
        """Return the faces of each person that is known, ascending."""
        known = set(chain.from_iterable(self.together))
        alone = sorted(set(chain.from_iterable(self.apart)) - known)
        return [*(tuple(sorted(one)) for one in self.together), *((row,) for row in alone)]


def joined(groups: Iterable[Iterable[int]]) -> list[tuple[int, ...]]:
    """Join groups that share a member. Return those of at least two members, each ascending."""
    group_of: dict[int, list[int]] = {}
    for group in groups:
        members = sorted({other for one in group for other in group_of.get(one, [one])})
        group_of |= dict.fromkeys(members, members)
    unique = {members[0]: members for members in group_of.values()}
    return [tuple(unique[first]) for first in sorted(unique) if len(unique[first]) > 1]


def constrained(
    clusters: NDArray[np.int32],
    faces: Embeddings,
    photos: NDArray[np.int64],
    constraints: Constraints,
    *,
    threshold: float,
) -> NDArray[np.int32]:
    """Return clusters that agree with the constraints, int32 (n,), numbered from 0.

    Clusters with faces that are together become one. It is divided where faces in it are apart, or
    are in one photo. Then each face goes with the face that it is nearest to.

    Args:
        clusters: The cluster of each face (n,).
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        constraints: What is known.
        threshold: Faces that are known to be apart from a third one are of one person only if they
            are nearer than this.
    """
    if not constraints:
        return clusters
    people = constraints.people()
    person_of = {row: number for number, rows in enumerate(people) for row in rows}
    apart: dict[int, set[int]] = defaultdict(set)
    for one, other in constraints.apart:
        apart[person_of[one]].add(person_of[other])
        apart[person_of[other]].add(person_of[one])
    result = clusters.copy()
    unused = int(clusters.max(initial=-1)) + 1
    for merged, numbers in _merged_clusters(clusters, people).items():
        rows = np.flatnonzero(np.isin(clusters, merged))
        is_divided = any(apart[one] & set(numbers) for one in numbers)
        if not is_divided and len(np.unique(photos[rows])) == len(rows):
            result[rows] = merged[0]
            continue
        division = _Division(faces, photos, apart, threshold)
        division.add_people({number: people[number] for number in numbers})
        division.add_others(np.setdiff1d(rows, [row for n in numbers for row in people[n]]))
        for part in division.parts:
            result[part] = unused
            unused += 1
    _, numbered = np.unique(result, return_inverse=True)
    return numbered.astype(np.int32)


def _merged_clusters(
    clusters: NDArray[np.int32], people: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], list[int]]:
    """Return the clusters that become one, each group with the people in it."""
    of_person = [sorted(set(clusters[list(rows)].tolist())) for rows in people]
    group_of = {one: group for group in joined(of_person) for one in group}
    merged: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, labels in enumerate(of_person):
        merged[group_of.get(labels[0], (labels[0],))].append(number)
    return merged


class _Division:
    """A cluster that is divided into parts, each of them one person.

    Attributes:
        parts: The faces of each part, by their rows.
    """

    def __init__(
        self,
        faces: Embeddings,
        photos: NDArray[np.int64],
        apart: dict[int, set[int]],
        threshold: float,
    ) -> None:
        self._faces, self._photos = faces, photos
        self._apart = apart
        self._threshold = threshold
        self._known: list[set[int]] = []  # the people in each part
        self.parts: list[list[int]] = []

    def add_people(self, people: dict[int, tuple[int, ...]]) -> None:
        """Add faces that are known to be together. The result doesn't depend on their order."""
        keys = {
            number: min(zip(face_keys(self._faces[list(rows)]).tolist(), rows, strict=True))
            for number, rows in people.items()
        }
        for number in sorted(people, key=keys.__getitem__):
            rows = list(people[number])
            near = [
                (distance, part)
                for part, members in enumerate(self.parts)
                if not self._known[part] & self._apart[number]
                and not self._share_photo(rows, members)
                and (distance := self._nearest(rows, members)) < self._threshold
            ]
            if near:
                _, part = min(near)
                self.parts[part] += rows
                self._known[part].add(number)
            else:
                self.parts.append(rows)
                self._known.append({number})

    def add_others(self, rows: NDArray[np.intp]) -> None:
        """Add faces of which nothing is known, the nearest first."""
        rows = rows[np.argsort(face_keys(self._faces[rows]), kind="stable")]
        distances = [self._distances(rows, members) for members in self.parts]
        waiting = np.ones(len(rows), dtype=np.bool_)
        while waiting.any():
            able = np.where(waiting, np.array(distances), np.inf)
            part, place = divmod(int(able.argmin()), len(rows))
            if np.isinf(able[part, place]):  # each part has another face of its photo
                part, place = len(self.parts), int(waiting.argmax())
                self.parts.append([])
                distances.append(np.full(len(rows), _FAR))
            self.parts[part].append(int(rows[place]))
            waiting[place] = False
            gained = self._distances(rows, [int(rows[place])])
            is_excluded = np.isinf(distances[part]) | np.isinf(gained)
            distances[part] = np.where(is_excluded, np.inf, np.minimum(distances[part], gained))

    def _distances(self, rows: NDArray[np.intp], members: list[int]) -> NDArray[np.float64]:
        """Return how near each row is to a part, or infinity if it has a face of the same photo."""
        distances = distances_between(self._faces[rows], self._faces[members]).min(axis=1)
        is_excluded = np.isin(self._photos[rows], self._photos[members])
        return np.where(is_excluded, np.inf, distances)

    def _share_photo(self, rows: Sequence[int], members: Sequence[int]) -> bool:
        return bool(np.isin(self._photos[list(rows)], self._photos[list(members)]).any())

    def _nearest(self, rows: Sequence[int], members: Sequence[int]) -> float:
        between = distances_between(self._faces[list(rows)], self._faces[list(members)])
        return float(between.min())
