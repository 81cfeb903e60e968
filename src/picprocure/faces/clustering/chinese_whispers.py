"""Cluster with Chinese Whispers: each face takes the label that weighs most among its neighbors.

Source: C. Biemann, "Chinese Whispers: an Efficient Graph Clustering Algorithm", 2006. One rule is
added: no two faces of a photo ever have the same label.

Labels only move between neighbors, and the order of visits depends on the faces alone. So faces
that no path of neighbors connects don't influence each other's labels: those of a connected group
are the same whatever else is in the event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.vectors import mixed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.clustering.neighbor_graph import NeighborGraph, Neighborhood

_MAX_ROUNDS: Final = 50

_MANY: Final = 250
"""With this many neighbors, counting is faster in numpy than in Python."""


class ChineseWhispers:
    """Labels of faces, which change in rounds.

    A face is visited only if the label of a neighbor changed since its last visit. The result is
    the same as if all faces were visited.
    """

    def __init__(self, graph: NeighborGraph, photo_starts: NDArray[np.int64]) -> None:
        """Give each face a label of its own.

        Args:
            graph: The neighbors of each face.
            photo_starts: The first face of each photo. The faces of a photo are consecutive.
        """
        count = len(graph)
        self._graph = graph
        sizes = np.diff(photo_starts, append=count)
        self._photo_starts = np.repeat(photo_starts, sizes).tolist()
        self._photo_stops = np.repeat(photo_starts + sizes, sizes).tolist()
        self._labels = np.arange(count)
        self._unused = count
        # The weight of each face's label among its neighbors. It is kept up to date, since
        # computing it for each rival would take longer than everything else.
        self._support = np.zeros(count, dtype=np.int64)
        # Both share their memory: one is fast for single faces, the other for many.
        self._to_visit = bytearray((graph.counts > 0).tobytes())
        self._to_visit_array = np.frombuffer(self._to_visit, dtype=np.bool_)

    def run(self, keys: NDArray[np.uint64], seed: int) -> NDArray[np.int64]:
        """Return the label of each face (n,) when no label changes any more, or after 50 rounds.

        Args:
            keys: A number for each face (n,), which decides when it is visited.
            seed: Decides it, too.
        """
        for number in range(_MAX_ROUNDS):
            if not self._round(visiting_order(keys, seed=seed, number=number)):
                break
        return self._labels

    def _round(self, order: NDArray[np.int64]) -> bool:
        """Visit all faces. Return whether any label changed."""
        changed = False
        for turn, face in enumerate(order.tolist()):
            if self._to_visit[face]:
                if not self._graph.is_available(face):
                    self._prefetch(order[turn:])
                changed |= self._update(face)
        return changed

    def _prefetch(self, coming: NDArray[np.int64]) -> None:
        self._graph.fetch(coming[self._graph.is_dense[coming] & self._to_visit_array[coming]])

    def _update(self, face: int) -> bool:
        """Give a face the strongest label that it may have. Return whether it changed."""
        self._to_visit[face] = False
        neighbors = self._graph.neighbors_of(face)
        neighbor_labels = self._labels[neighbors.faces]
        own = int(self._labels[face])
        if (neighbor_labels == own).all():
            return False
        for label, strength in _strongest_first(neighbor_labels, neighbors.weights, own):
            if label == own:
                break
            rival = self._rival(face, label)
            if rival is None or self._support[rival] < strength:
                self._take(face, label, rival)
                return True
            # Another face of the photo fits this label better. The label may become free without a
            # change among the neighbors, so this face is visited again in each round.
            self._to_visit[face] = True
        return False

    def _rival(self, face: int, label: int) -> int | None:
        """Return the face with this label in the photo of another face, if there is one."""
        start = self._photo_starts[face]
        with_label = np.flatnonzero(self._labels[start : self._photo_stops[face]] == label)
        return start + int(with_label[0]) if len(with_label) else None

    def _take(self, face: int, label: int, rival: int | None) -> None:
        if rival is not None:  # two people in one photo: the better one gets the label
            self._change(rival, self._unused)
            self._to_visit[rival] = True
            self._unused += 1
        self._change(face, label)

    def _change(self, face: int, label: int) -> None:
        neighbors = self._graph.neighbors_of(face)
        neighbor_labels = self._labels[neighbors.faces]
        gained = _weight(neighbors, neighbor_labels == label)
        self._support[neighbors.faces] += gained - _weight(
            neighbors, neighbor_labels == self._labels[face]
        )
        self._support[face] = gained.sum()
        self._labels[face] = label
        self._to_visit_array[neighbors.faces] = True


def visiting_order(keys: NDArray[np.uint64], *, seed: int, number: int) -> NDArray[np.intp]:
    """Return the order of visits in a round (n,). It seems random, and is another in each round.

    Which of two faces comes first depends on nothing but their keys. Of equal keys, it is the first
    face.
    """
    return np.argsort(mixed(keys, salt=seed * _MAX_ROUNDS + number), kind="stable")


def _weight(neighbors: Neighborhood, where: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.multiply(neighbors.weights, where, dtype=np.int64)


def _strongest_first(
    labels: NDArray[np.int64], weights: NDArray[np.uint8], own: int
) -> Iterator[tuple[int, int]]:
    """Yield labels with the sums of their weights, the largest first.

    Of labels with equal sums, the face's own one comes first, then the lowest.
    """
    sums = _sums_of_many(labels, weights) if len(labels) >= _MANY else _sums(labels, weights)
    strongest = max(sums.values())
    first = own if sums.get(own) == strongest else min(n for n in sums if sums[n] == strongest)
    yield first, strongest  # usually no other label is needed, so sort only after this one
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
