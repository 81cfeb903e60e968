"""Faces that listen to their neighbors until they agree on who is who.

Source: C. Biemann, "Chinese Whispers: an Efficient Graph Clustering Algorithm", 2006. To it we add
the same-photo rule: no two faces of a photo ever hold the same label, not even in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.clustering.neighbor_graph import Around, Neighbors

_MAX_ROUNDS: Final = 50

_MANY: Final = 250
"""From so many neighbors on, sorting them in numpy is quicker than counting them in Python."""


class Whispers:
    """Labels in the making: each face again and again takes the one that weighs most around it.

    A face is visited only while there is news for it, which changes nothing but the time:
    whoever hears what it heard before does what it did before.
    """

    def __init__(self, neighbors: Neighbors, photo_starts: NDArray[np.int64]) -> None:
        """The faces of a photo are numbered in a row, from one of ``photo_starts`` to the next."""
        count = len(neighbors)
        self._neighbors = neighbors
        sizes = np.diff(photo_starts, append=count)
        self._photo_starts = np.repeat(photo_starts, sizes).tolist()
        self._photo_stops = np.repeat(photo_starts + sizes, sizes).tolist()
        self._labels = np.arange(count)
        self._unused = count
        # How strongly each face hears its own label, kept up to date: to look it up among the
        # neighbors of every rival would cost more than all the rest.
        self._support = np.zeros(count, dtype=np.int64)
        self._has_news = bytearray((neighbors.counts > 0).tobytes())
        self._news = np.frombuffer(self._has_news, dtype=np.bool_)

    def settled(self, random: np.random.Generator) -> NDArray[np.int64]:
        """The label of each face once none moves any more, or after 50 rounds."""
        for _ in range(_MAX_ROUNDS):
            if not self._round(random.permutation(len(self._labels))):
                break
        return self._labels

    def _round(self, order: NDArray[np.int64]) -> bool:
        """Whether anybody took another label."""
        moved = False
        for turn, face in enumerate(order.tolist()):
            if self._has_news[face]:
                if not self._neighbors.is_at_hand(face):
                    self._fetch(order[turn:])
                moved |= self._listen(face)
        return moved

    def _fetch(self, coming: NDArray[np.int64]) -> None:
        self._neighbors.fetch(coming[self._neighbors.crowded[coming] & self._news[coming]])

    def _listen(self, face: int) -> bool:
        """Take the strongest label around that this face may have; whether it is a new one."""
        self._has_news[face] = False
        around = self._neighbors.around(face)
        heard = self._labels[around.faces]
        own = int(self._labels[face])
        if (heard == own).all():
            return False
        for label, strength in _strongest_first(heard, around.weights, own):
            if label == own:
                break
            rival = self._rival(face, label)
            if rival is None or self._support[rival] < strength:
                self._take(face, label, rival)
                return True
            # A better label is taken in this photo. It may become free without a word from
            # the neighbors, so this face looks again in every round.
            self._has_news[face] = True
        return False

    def _rival(self, face: int, label: int) -> int | None:
        """Who holds the label in the photo of this face."""
        start = self._photo_starts[face]
        holders = np.flatnonzero(self._labels[start : self._photo_stops[face]] == label)
        return start + int(holders[0]) if len(holders) else None

    def _take(self, face: int, label: int, rival: int | None) -> None:
        if rival is not None:  # two people in one photo: who fits the cluster better has it
            self._change(rival, self._unused)
            self._has_news[rival] = True
            self._unused += 1
        self._change(face, label)

    def _change(self, face: int, label: int) -> None:
        around = self._neighbors.around(face)
        heard = self._labels[around.faces]
        gained = _weight(around, heard == label)
        self._support[around.faces] += gained - _weight(around, heard == self._labels[face])
        self._support[face] = gained.sum()
        self._labels[face] = label
        self._news[around.faces] = True


def _weight(around: Around, where: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.multiply(around.weights, where, dtype=np.int64)


def _strongest_first(
    labels: NDArray[np.int64], weights: NDArray[np.uint8], own: int
) -> Iterator[tuple[int, int]]:
    """Labels with their summed weights; of equal ones the own first, then the lowest."""
    sums = _sums_of_many(labels, weights) if len(labels) >= _MANY else _sums(labels, weights)
    most = max(sums.values())
    first = own if sums.get(own) == most else min(name for name in sums if sums[name] == most)
    yield first, most  # mostly that is all that is wanted: sorting waits until it isn't
    del sums[first]
    yield from sorted(sums.items(), key=lambda entry: (-entry[1], entry[0] != own, entry[0]))


def _sums(labels: NDArray[np.int64], weights: NDArray[np.uint8]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for label, weight in zip(labels.tolist(), weights.tolist(), strict=True):
        sums[label] = sums.get(label, 0) + weight
    return sums


def _sums_of_many(labels: NDArray[np.int64], weights: NDArray[np.uint8]) -> dict[int, int]:
    different, where = np.unique(labels, return_inverse=True)
    sums = np.bincount(where, weights=weights)
    return dict(zip(different.tolist(), sums.astype(np.int64).tolist(), strict=True))
