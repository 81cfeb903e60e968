"""Keep what clustering found, so that the next clustering of the same event has little to do.

Two things are kept. Neither changes the result:

- The near pairs with their distances. Only faces that are new are compared with the others.
- The labels. Labels move only between neighbors (`chinese_whispers`). So they are passed again only
  in the groups of connected faces in which a face or a pair is new or missing.

Faces are known by the content of their photo. So a changed photo counts as another one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

from picprocure.faces.clustering.labels import leaders_among, pass_labels
from picprocure.faces.clustering.neighbor_graph import (
    KnownPairs,
    NearPairs,
    NeighborGraph,
    Pairs,
    PairSearch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from picprocure.faces.distances import Distances
    from picprocure.faces.types import Embeddings

_MARGIN: Final = 1.02
"""Pairs are kept up to this times the threshold, which changes a little while an event grows."""

_BYTES_PER_PAIR: Final = 12
_BYTES_PER_FACE: Final = 64
_DIGEST_BYTES: Final = 16


class Settings(NamedTuple):
    """What decides about clusters besides the faces (`cluster.cluster_faces`)."""

    threshold: float
    copy_distance: float
    seed: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A clustering. Faces are the rows of its canonical order.

    Attributes:
        settings: What else decided about it.
        reach: The distance below which all pairs are known.
        photos: The first face of each photo, by the content of the photo.
        pairs: The near pairs of faces of different photos, with squared distances in float32.
        is_leader: Which faces are no copy of another one (faces,).
        labels: The first face with the same label (faces,). Only those of leaders mean something.
    """

    settings: Settings
    reach: float
    photos: dict[bytes, int]
    pairs: NearPairs
    is_leader: NDArray[np.bool_]
    labels: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        return _BYTES_PER_PAIR * len(self.pairs.first) + _BYTES_PER_FACE * len(self.labels)


@dataclass(frozen=True, slots=True)
class _Moved:
    """What is known of the faces of a later clustering, whose rows are other ones.

    Attributes:
        pairs: The pairs of faces that are still there.
        is_new: Which faces were not there before (faces,).
        is_touched: Which faces are new, or near a face that was there before (faces,).
        was_leader: Which faces were no copies before (faces,).
        labels: The first face that had the same label (faces,).
    """

    pairs: NearPairs
    is_new: NDArray[np.bool_]
    is_touched: NDArray[np.bool_]
    was_leader: NDArray[np.bool_]
    labels: NDArray[np.int64]

    @classmethod
    def none(cls, faces: int) -> Self:
        """Return what is known of an event that was never clustered."""
        return cls(
            _NO_PAIRS,
            np.ones(faces, dtype=np.bool_),
            np.ones(faces, dtype=np.bool_),
            np.zeros(faces, dtype=np.bool_),
            np.arange(faces),
        )

    @classmethod
    def of(cls, known: _Known, photos: dict[bytes, int], faces: int) -> Self:
        """Find the faces of an earlier clustering among those of a later one.

        Args:
            known: The earlier clustering.
            photos: The first face of each photo, by the photo's content.
            faces: The number of faces.
        """
        moved = cls.none(faces)
        places = _places(known, photos)
        stayed = places >= 0
        there = places[stayed]
        moved.is_new[there] = moved.is_touched[there] = False
        moved.was_leader[there] = known.is_leader[stayed]
        moved.labels[there] = places[known.labels[stayed]]
        pairs = NearPairs(
            places[known.pairs.first], places[known.pairs.second], known.pairs.squared
        )
        is_whole = (pairs.first >= 0) & (pairs.second >= 0)
        for left in (pairs.first[~is_whole], pairs.second[~is_whole]):
            moved.is_touched[left[left >= 0]] = True
        return replace(moved, pairs=pairs.only(is_whole))

    def touch_changed(self, is_leader: NDArray[np.bool_], near: Pairs) -> None:
        """Mark faces that became copies or no longer are, and those near them."""
        changed = is_leader != self.was_leader
        self.is_touched[changed] = True
        self.is_touched[near.second[changed[near.first]]] = True
        self.is_touched[near.first[changed[near.second]]] = True


class KeptClusters:
    """What is kept of the last clustering of an event."""

    def __init__(self, distances: Distances, max_bytes: int) -> None:
        """Keep nothing yet.

        Args:
            distances: Counts the computed distances.
            max_bytes: If more is needed, nothing is kept.
        """
        self._distances = distances
        self._max_bytes = max_bytes
        self._known: _Known | None = None
        self._too_many_from: float = np.inf  # faces

    @property
    def nbytes(self) -> int:
        return self._known.nbytes if self._known else 0

    def labels(
        self, faces: Embeddings, photos: NDArray[np.int64], settings: Settings
    ) -> NDArray[np.int64] | None:
        """Return a label for each face (n,), or None if there are too many pairs to keep.

        Args:
            faces: On the grid (`vectors.GRID`) and in the canonical order (n, 128).
            photos: The photo of each face (n,), the faces of a photo together.
            settings: What else decides.
        """
        if len(faces) >= self._too_many_from:
            return None
        known, self._known = self._known, None  # an error leaves nothing behind
        if known and known.reach < settings.threshold:
            known = None
        by_content = _by_content(faces, photos)
        moved = _Moved.of(known, by_content, len(faces)) if known else _Moved.none(len(faces))
        reach = known.reach if known else _MARGIN * settings.threshold
        pairs = self._with_new(moved, faces, photos, reach)
        if pairs is None:
            self._too_many_from = len(faces)
            return None
        copies = pairs.weighted(settings.copy_distance) if settings.copy_distance else _NO_NEIGHBORS
        graph = NeighborGraph(KnownPairs(len(faces), copies))
        leaders = leaders_among(faces, photos, graph, settings.threshold)
        is_leader = leaders == np.arange(len(faces))
        near = pairs.weighted(settings.threshold)
        if known and known.settings == settings:
            moved.touch_changed(is_leader, near)
        else:
            moved.is_touched[:] = True
        near = near.only(is_leader[near.first] & is_leader[near.second])
        again = _is_in_group_of(moved.is_touched, near) & is_leader
        labels = moved.labels
        labels[again] = _labels_of(np.flatnonzero(again), near, faces, photos, settings.seed)
        self._known = _Known(settings, reach, by_content, pairs, is_leader, labels)
        return labels[leaders]

    def _with_new(
        self, moved: _Moved, faces: Embeddings, photos: NDArray[np.int64], reach: float
    ) -> NearPairs | None:
        """Return all near pairs, or None if there are too many. Compare new faces with all."""
        order = np.argsort(~moved.is_new, kind="stable").astype(np.int32)
        search = PairSearch(faces[order], photos[order], reach, self._distances)
        parts = [moved.pairs]
        room = (self._max_bytes - _BYTES_PER_FACE * len(faces)) // _BYTES_PER_PAIR
        room -= len(moved.pairs.first)
        if room < 0:
            return None
        for found in search.near_pairs(int(moved.is_new.sum())):
            room -= len(found.first)
            if room < 0:
                return None
            squared = found.squared.astype(np.float32)
            parts.append(NearPairs(order[found.first], order[found.second], squared))
        return NearPairs.joined(parts)


def _by_content(faces: Embeddings, photos: NDArray[np.int64]) -> dict[bytes, int]:
    """Return the first face of each photo, by a digest of its faces.

    Photos with exactly the same faces are numbered in the digests.
    """
    starts = np.flatnonzero(np.diff(photos, prepend=photos[0] - 1)).tolist()
    stops = [*starts[1:], len(photos)]
    times: Counter[bytes] = Counter()
    by_content = {}
    for start, stop in zip(starts, stops, strict=True):
        digest = hashlib.blake2b(faces[start:stop].data, digest_size=_DIGEST_BYTES).digest()
        by_content[digest + times[digest].to_bytes(4)] = start
        times[digest] += 1
    return by_content


def _places(known: _Known, photos: dict[bytes, int]) -> NDArray[np.int32]:
    """Return the row in which each known face is now, int32 (known faces,), or -1."""
    starts = np.fromiter(known.photos.values(), dtype=np.int64, count=len(known.photos))
    now = np.array([photos.get(content, -1) for content in known.photos], dtype=np.int64)
    sizes = np.diff(starts, append=len(known.labels))
    moved_by = np.repeat(now - starts, sizes)
    places = np.arange(len(known.labels)) + moved_by
    places[np.repeat(now < 0, sizes)] = -1
    return places.astype(np.int32)


def _is_in_group_of(chosen: NDArray[np.bool_], near: Pairs) -> NDArray[np.bool_]:
    """Return which faces a path of neighbors connects with a chosen face (faces,)."""
    groups = _groups(len(chosen), near)
    has_chosen = np.zeros(len(chosen), dtype=np.bool_)
    has_chosen[groups[chosen]] = True
    return has_chosen[groups]


def _groups(count: int, near: Pairs) -> NDArray[np.int64]:
    """Return the lowest face of the group of connected faces that each face is in (count,).

    Source: Y. Zhang, A. Azad, Z. Hu, "FastSV: A Distributed-Memory Connected Component Algorithm",
    2020.
    """
    lowest = np.arange(count)
    first, second = near.first, near.second
    while len(first):
        one, other = lowest[first], lowest[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(lowest, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(lowest, onward := lowest[lowest]):
            lowest = onward
    return lowest


def _labels_of(
    rows: NDArray[np.intp],
    near: Pairs,
    faces: Embeddings,
    photos: NDArray[np.int64],
    seed: int,
) -> NDArray[np.int64]:
    """Return the first face with the same label, for some faces that have no other neighbors."""
    if not len(rows):
        return rows
    numbers = np.full(len(faces), -1, dtype=np.int32)
    numbers[rows] = np.arange(len(rows))
    own = near.only(numbers[near.first] >= 0)
    pairs = Pairs(numbers[own.first], numbers[own.second], own.weights)
    graph = NeighborGraph(KnownPairs(len(rows), pairs))
    labels = pass_labels(graph, faces[rows], photos[rows], seed)
    _, first, where = np.unique(labels, return_index=True, return_inverse=True)
    return rows[first][where]


_NO_PAIRS: Final = NearPairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
_NO_NEIGHBORS: Final = Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.uint8))
