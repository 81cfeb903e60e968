"""Keep the distances of an event's last sorting, so that the next one computes only new ones.

Vectors are known by a digest of their content. A distance depends on nothing but two vectors, and
it is exact on the grid (`vectors.GRID`). So a distance that was kept is the one that would be
computed, and a sorting with them has the same result as one without.

Not all distances fit into memory. Of the templates, all distances to the clusters are kept. Of all
other points, only the smallest ones are. If others leave and too few of a point's are left, its
distances are computed again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from picprocure.faces.clustering.kept_clusters import KeptClusters
from picprocure.faces.distances import Distances
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.distances import Choice
    from picprocure.faces.types import Embedding, Embeddings

_WIDTH: Final = 32
"""How many of the smallest distances of a point are kept: matching needs 6 (`cohort_skip` and
`cohort_size`), and some leave with each change."""

_BLOCK: Final = 64
"""Templates whose distances are computed at once."""

_DIGEST_BYTES: Final = 16


class KeptDistances(Distances):
    """Distances of an event that stay until its next sorting.

    Sort within `sorting`.

    Attributes:
        clusters: What is kept of the clustering.
    """

    def __init__(self, max_bytes: int) -> None:
        """Keep nothing yet.

        Args:
            max_bytes: How much may be kept, approximately: half of it for clusters, and half for
                templates. What other points need is small, and not limited: 800 bytes for each
                face.
        """
        super().__init__()
        self._max_bytes = max_bytes
        self._basis: Hashable = None
        self._forget()

    @property
    def nbytes(self) -> int:
        """Return how much is kept, approximately."""
        tables = sum(table.nbytes for table in self._tables.values())
        return self.clusters.nbytes + self._rows.nbytes + tables

    @contextmanager
    def sorting(self, basis: Hashable) -> Iterator[None]:
        """Enclose a sorting. What it doesn't use is forgotten at its end.

        Args:
            basis: Whatever decides about vectors and limits, such as the thresholds. If it is
                another one than before, everything is forgotten first.
        """
        if basis != self._basis:
            self._basis = basis
            self._forget()
        yield
        self._rows.end()
        for table in self._tables.values():
            table.end()

    def _forget(self) -> None:
        self.clusters = KeptClusters(self, self._max_bytes // 2)
        self._rows = _Rows(self, self._max_bytes // 2)
        self._tables: dict[str, _SmallestDistances] = {}

    def rows(
        self, templates: Sequence[NDArray[np.float32]], centers: Embeddings
    ) -> Iterator[NDArray[np.float32]]:
        self._rows.use(centers)
        for start in range(0, len(templates), _BLOCK):
            yield from self._rows.of(np.stack(templates[start : start + _BLOCK]), centers)

    def smallest(
        self,
        name: str,
        points: Embeddings,
        others: Embeddings,
        own: NDArray[np.intp],
        choose: Choice,
    ) -> NDArray[np.float32]:
        if not len(points):
            return super().smallest(name, points, others, own, choose)
        table = self._table(name)
        table.use(others)
        near = table.of(points, others)
        chosen = choose(near.without(own), near.columns)
        few = np.flatnonzero((chosen[:, -1] > near.limits) & near.are_few)
        if len(few):
            table.compute_again(points[few], others)
            near = table.of(points, others)
            chosen = choose(near.without(own), near.columns)
        uncertain = np.flatnonzero(chosen[:, -1] > near.limits)
        if len(uncertain):
            chosen[uncertain] = super().smallest(
                name, points[uncertain], others, own[uncertain], choose
            )
        return chosen

    def nearest(
        self, name: str, points: Embeddings, others: Embeddings
    ) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        if not len(points):
            return super().nearest(name, points, others)
        table = self._table(name)
        table.use(others)
        near = table.of(points, others)
        apart = near.distances[:, 0].copy()
        is_nearest = near.distances == apart[:, None]
        nearest = np.where(is_nearest, near.columns, len(others)).min(axis=1).astype(np.intp)
        # At the limit, one that is equally near may be missing.
        uncertain = np.flatnonzero(apart >= near.limits)
        if len(uncertain):
            table.compute_again(points[uncertain], others)
            apart[uncertain], nearest[uncertain] = super().nearest(name, points[uncertain], others)
        return apart, nearest

    def _table(self, name: str) -> _SmallestDistances:
        return self._tables.setdefault(name, _SmallestDistances(self))


def digests(vectors: Embeddings) -> list[bytes]:
    """Return a digest of each row."""
    size = vectors.shape[1] * vectors.itemsize
    content = vectors.tobytes()
    return [
        hashlib.blake2b(content[start : start + size], digest_size=_DIGEST_BYTES).digest()
        for start in range(0, len(content), size)
    ]


class _Columns:
    """The vectors that distances are computed to, and where they were before.

    Attributes:
        keys: The row of each vector by its digest. Equal vectors are numbered in it.
        earlier: The row that each vector had before (columns,), or -1 if it is new.
        before: How many vectors there were before.
        is_same: Whether nothing changed.
    """

    def __init__(self, vectors: Embeddings, last: _Columns | None) -> None:
        times: Counter[bytes] = Counter()
        self.keys: dict[bytes, int] = {}
        for row, digest in enumerate(digests(vectors)):
            self.keys[digest + times[digest].to_bytes(4)] = row
            times[digest] += 1
        places = last.keys if last else {}
        self.before = len(places)
        self.earlier = np.array([places.get(key, -1) for key in self.keys], dtype=np.int32)
        self.is_same = len(places) == len(self.earlier) and np.array_equal(
            self.earlier, np.arange(len(self.earlier))
        )

    @property
    def new(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.earlier < 0)

    @property
    def are_mostly_new(self) -> bool:
        return 2 * len(self.new) > len(self.earlier)


class _Rows:
    """The distances of templates to all centers."""

    def __init__(self, distances: Distances, max_bytes: int) -> None:
        self._distances = distances
        self._max_bytes = max_bytes
        self._rows: dict[bytes, tuple[Embedding, NDArray[np.float32]]] = {}
        self._used: set[bytes] = set()
        self._columns: _Columns | None = None

    @property
    def nbytes(self) -> int:
        return sum(template.nbytes + row.nbytes for template, row in self._rows.values())

    def use(self, centers: Embeddings) -> None:
        """Set the centers that distances are computed to."""
        columns, self._columns = _Columns(centers, self._columns), None
        if columns.are_mostly_new:
            self._rows.clear()
        elif not columns.is_same:
            self._replace_columns(centers, columns)
        self._columns = columns

    def _replace_columns(self, centers: Embeddings, columns: _Columns) -> None:
        keys = list(self._rows)
        templates = np.array([self._rows[key][0] for key in keys]).reshape(-1, centers.shape[1])
        for rows, distances in self._distances.blocks(templates, centers[columns.new]):
            for key, to_new in zip(keys[rows], distances, strict=True):
                template, earlier = self._rows[key]
                row = earlier[columns.earlier]
                row[columns.new] = to_new
                self._rows[key] = template, row

    def of(self, templates: Embeddings, centers: Embeddings) -> list[NDArray[np.float32]]:
        """Return the distances of each template to the centers in use."""
        keys = digests(templates)
        missing = [row for row, key in enumerate(keys) if key not in self._rows]
        found = {key: self._rows[key][1] for key in keys if key in self._rows}
        room = self._max_bytes - self.nbytes
        for rows, distances in self._distances.blocks(templates[missing], centers):
            for row, computed in zip(missing[rows], distances, strict=True):
                found[keys[row]] = computed.copy()
                room -= computed.nbytes
                if room >= 0:
                    self._rows[keys[row]] = templates[row], found[keys[row]]
        self._used.update(keys)
        return [found[key] for key in keys]

    def end(self) -> None:
        """Forget the rows that were not used since the last call."""
        self._rows = {key: row for key, row in self._rows.items() if key in self._used}
        self._used = set()


class _Near(NamedTuple):
    """The smallest distances of some points, and to which columns.

    A column may be missing only if its distance is at least the limit.

    Attributes:
        distances: Ascending, infinite where there are no more, float32 (points, width).
        columns: int32 (points, width), or -1 where there are no more.
        limits: float32 (points,).
    """

    distances: NDArray[np.float32]
    columns: NDArray[np.int32]
    limits: NDArray[np.float32]

    @property
    def are_few(self) -> NDArray[np.bool_]:
        """Return which points have fewer distances than there is room for (points,)."""
        return np.isinf(self.distances[:, -1])

    def without(self, own: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the distances, infinite to one column of each point (points,)."""
        return np.where(self.columns == own[:, None], np.float32(np.inf), self.distances)

    def at(self, rows: NDArray[np.intp], width: int = _WIDTH) -> _Near:
        return _Near(self.distances[rows, :width], self.columns[rows, :width], self.limits[rows])

    def sorted(self) -> _Near:
        order = np.argsort(self.distances, axis=1)
        return _Near(
            np.take_along_axis(self.distances, order, axis=1),
            np.take_along_axis(self.columns, order, axis=1),
            self.limits,
        )

    def followed_by(self, other: _Near) -> _Near:
        """Return these points and then others."""
        return _Near(
            np.concatenate([self.distances, other.distances]),
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.limits, other.limits]),
        )


class _SmallestDistances:
    """The smallest distances of points to others, and to which."""

    def __init__(self, distances: Distances) -> None:
        self._distances = distances
        self._columns: _Columns | None = None
        self._rows: dict[bytes, int] = {}
        self._used: set[bytes] = set()
        self._points: Embeddings = np.empty((0, EMBEDDING_SIZE), dtype=np.float32)
        self._near = _none_near(0)

    @property
    def nbytes(self) -> int:
        return self._points.nbytes + sum(part.nbytes for part in self._near)

    def use(self, others: Embeddings) -> None:
        """Set the others that distances are computed to."""
        columns, self._columns = _Columns(others, self._columns), None
        if columns.are_mostly_new:
            self._choose({})
        elif not columns.is_same:
            self._replace_columns(others, columns)
        self._columns = columns

    def of(self, points: Embeddings, others: Embeddings) -> _Near:
        """Return the smallest distances of points to the others in use."""
        keys = digests(points)
        new = {key: row for row, key in enumerate(keys) if key not in self._rows}
        if new:
            new_points = points[list(new.values())]
            self._rows |= {key: len(self._rows) + number for number, key in enumerate(new)}
            self._points = np.concatenate([self._points, new_points])
            self._near = self._near.followed_by(self._computed(new_points, others))
        self._used.update(keys)
        rows = np.array([self._rows[key] for key in keys], dtype=np.intp)
        return self._near.at(rows, min(_WIDTH, len(others)))

    def compute_again(self, points: Embeddings, others: Embeddings) -> None:
        """Compute the smallest distances of known points again."""
        rows = [self._rows[key] for key in digests(points)]
        for kept, computed in zip(self._near, self._computed(points, others), strict=True):
            kept[rows] = computed

    def end(self) -> None:
        """Forget the points that were not used since the last call."""
        self._choose({key: row for key, row in self._rows.items() if key in self._used})
        self._used = set()

    def _choose(self, chosen: dict[bytes, int]) -> None:
        rows = np.array(list(chosen.values()), dtype=np.intp)
        self._points, self._near = self._points[rows], self._near.at(rows)
        self._rows = {key: row for row, key in enumerate(chosen)}

    def _computed(self, points: Embeddings, others: Embeddings) -> _Near:
        near = _none_near(len(points))
        for rows, distances in self._distances.blocks(points, others):
            if len(others) <= _WIDTH:
                near.distances[rows, : len(others)] = distances
                near.columns[rows, : len(others)] = np.arange(len(others))
            else:
                columns = np.argpartition(distances, _WIDTH - 1, axis=1)[:, :_WIDTH]
                near.columns[rows] = columns
                near.distances[rows] = np.take_along_axis(distances, columns, axis=1)
                near.limits[rows] = near.distances[rows].max(axis=1)
        return near.sorted()

    def _replace_columns(self, others: Embeddings, columns: _Columns) -> None:
        """Drop the distances to others that left, and add those to new ones."""
        later = np.full(columns.before + 1, -1, dtype=np.int32)  # the last one is for -1
        stayed = np.flatnonzero(columns.earlier >= 0)
        later[columns.earlier[stayed]] = stayed
        places = later[self._near.columns]
        distances = np.where(places < 0, np.float32(np.inf), self._near.distances)
        near = _Near(distances, places, self._near.limits)
        for rows, to_new in self._distances.blocks(self._points, others[columns.new]):
            _insert(near, rows, to_new, columns.new)
        self._near = near


def _none_near(points: int) -> _Near:
    return _Near(
        np.full((points, _WIDTH), np.inf, dtype=np.float32),
        np.full((points, _WIDTH), -1, dtype=np.int32),
        np.full(points, np.inf, dtype=np.float32),
    )


def _insert(
    near: _Near, rows: slice, distances: NDArray[np.float32], columns: NDArray[np.intp]
) -> None:
    """Insert the distances of some points to other columns, and sort them."""
    limits = near.limits[rows]
    # Beyond the limit, other columns may be missing, so these are of no use.
    is_within = distances <= limits[:, None]
    both = _Near(
        np.hstack([near.distances[rows], np.where(is_within, distances, np.float32(np.inf))]),
        np.hstack([near.columns[rows], np.where(is_within, columns, -1)]),
        limits,
    ).sorted()
    is_one_left_out = np.isfinite(both.distances[:, _WIDTH:]).any(axis=1)
    near.distances[rows] = both.distances[:, :_WIDTH]
    near.columns[rows] = both.columns[:, :_WIDTH]
    near.limits[rows] = np.where(is_one_left_out, both.distances[:, _WIDTH - 1], limits)
