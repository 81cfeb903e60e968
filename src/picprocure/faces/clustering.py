"""Grouping the faces of an event into clusters, each thought to be one person.

Source: C. Biemann, "Chinese Whispers: an Efficient Graph Clustering Algorithm", 2006. To it we add
the same-photo rule: two faces of one photo are two people, so they never end in one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from picprocure.faces.distances import distance_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_MAX_ROUNDS: Final = 50

_Number = TypeVar("_Number", bound=np.generic)


def cluster_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    *,
    threshold: float,
    seed: int = 0,
) -> NDArray[np.int32]:
    """The cluster of each face, int32 (n,), numbered from 0.

    Faces of different photos that are nearer than ``threshold`` (Euclidean) are neighbors; each
    face again and again takes the cluster that weighs most among its neighbors. The result
    depends on the faces and the seed, not on the order in which the faces are given.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = np.ascontiguousarray(embeddings, dtype=np.float32)
    if len(faces) != len(photos):
        raise ValueError(f"{len(faces)} embeddings, but {len(photos)} photo ids")
    order = canonical_order(faces, photos)
    graph = _neighbors(faces[order], photos[order], threshold)
    labels = np.empty(len(faces), dtype=np.int64)
    labels[order] = _Whispers(graph, photos[order]).settled(np.random.default_rng(seed))
    return _numbered(labels, order)


def canonical_order(embeddings: Embeddings, photo_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """An order of the faces that depends on what they are, not on how they are listed."""
    keys = [
        (row.tobytes(), photo) for row, photo in zip(embeddings, photo_ids.tolist(), strict=True)
    ]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Graph:
    """Neighbors of face ``i``: ``neighbors[starts[i]:starts[i + 1]]``, likewise their weights."""

    starts: NDArray[np.int64]
    neighbors: NDArray[np.int64]
    weights: NDArray[np.float32]

    def around(self, face: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        near = slice(self.starts[face], self.starts[face + 1])
        return self.neighbors[near], self.weights[near]


def _neighbors(embeddings: Embeddings, photo_ids: NDArray[np.int64], threshold: float) -> _Graph:
    counts: list[NDArray[np.int64]] = []
    neighbors: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    for rows, distances in distance_blocks(embeddings):
        other_photo = photo_ids[rows, None] != photo_ids
        near = (distances < threshold) & other_photo
        counts.append(near.sum(axis=1))
        neighbors.append(near.nonzero()[1])
        weights.append(np.float32(threshold) - distances[near])
    starts = np.concatenate([[0], *counts]).cumsum()
    return _Graph(starts, _joined(neighbors, np.int64), _joined(weights, np.float32))


def _joined(parts: list[NDArray[_Number]], dtype: type[_Number]) -> NDArray[_Number]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


class _Whispers:
    """Labels in the making. Nobody in a photo ever holds the same label as another one there."""

    def __init__(self, graph: _Graph, photo_ids: NDArray[np.int64]) -> None:
        self._graph = graph
        self._photos = photo_ids.tolist()
        self._labels = np.arange(len(photo_ids))
        self._unused = len(photo_ids)
        self._holders = {
            (photo, face): face for face, photo in enumerate(self._photos)
        }  # (photo, label) -> face

    def settled(self, random: np.random.Generator) -> NDArray[np.int64]:
        for _ in range(_MAX_ROUNDS):
            moved = [self._listen(int(face)) for face in random.permutation(len(self._labels))]
            if not any(moved):
                break
        return self._labels

    def _listen(self, face: int) -> bool:
        """Take the strongest label around that this face may have; whether it is a new one."""
        for label, support in self._heard(face):
            if label == self._labels[face]:
                return False
            rival = self._holders.get((self._photos[face], label))
            if rival is None or self._support(rival, label) < support:
                self._take(face, label, rival)
                return True
        return False

    def _heard(self, face: int) -> list[tuple[int, float]]:
        """Labels of the neighbors with their summed weights, the strongest first."""
        neighbors, weights = self._graph.around(face)
        labels, where = np.unique(self._labels[neighbors], return_inverse=True)
        sums = np.bincount(where, weights=weights, minlength=len(labels))
        strongest_first = np.lexsort((labels, labels != self._labels[face], -sums))
        return [(int(labels[i]), float(sums[i])) for i in strongest_first]

    def _support(self, face: int, label: int) -> float:
        neighbors, weights = self._graph.around(face)
        return float(weights[self._labels[neighbors] == label].sum(dtype=np.float64))

    def _take(self, face: int, label: int, rival: int | None) -> None:
        if rival is not None:  # two people in one photo: who fits the cluster better has it
            self._hold(rival, self._unused)
            self._unused += 1
        self._hold(face, label)

    def _hold(self, face: int, label: int) -> None:
        photo = self._photos[face]
        if self._holders.get((photo, int(self._labels[face]))) == face:
            del self._holders[photo, int(self._labels[face])]
        self._labels[face] = label
        self._holders[photo, label] = face


def _numbered(labels: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int32]:
    """The labels as 0, 1, 2 … in the canonical order of the faces."""
    _, first, where = np.unique(labels[order], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    numbered = np.empty(len(labels), dtype=np.int32)
    numbered[order] = rank[where]
    return numbered
