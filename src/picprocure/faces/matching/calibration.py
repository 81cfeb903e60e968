"""What an event says for certain about strangers: two faces of one photo are two people.

From such pairs it is known how far apart strangers are in this very event, and how long the tail
of those is who look alike: the network keeps the guests of some events much less apart than those
of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.matching.score_normalization import NORMAL, Crowd, Scale, crowd, nearest_of
from picprocure.faces.vectors import directions, face_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.clustered_faces import ClusteredFaces
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings

_MOST_FACES: Final = 2_000
_MOST_MATES: Final = 12
"""Pairs are taken of so many faces, with so many others of their photos."""

_SAME_PICTURE: Final = 0.2
"""Nearer than this are a face and its own picture: on a screen, on a poster, in a mirror."""

_PRIOR_PAIRS: Final = 100
"""As many pairs count as much as what is usual. A mean of 100 pairs is right to about .01."""

_TAIL_FROM: Final = 2.0
_TAIL_SHARE: Final = 0.0165
_TAIL_PRIOR: Final = 10
"""Of certain strangers, this share scores above 2 (26 events of Labeled Faces in the Wild; .010 to
.029 where there are 300 pairs or more). Ten cases of that are reckoned to each event beforehand."""

_MOST_FACTOR: Final = 1.5


@dataclass(frozen=True, slots=True)
class Yardstick:
    """``pairs`` (n, 2): faces that are surely of two people.

    ``shift`` is how much farther apart than usual they are; it is never above 0: an event may make
    itself stricter, not looser.
    """

    pairs: NDArray[np.intp]
    shift: float

    @classmethod
    def of(
        cls,
        embeddings: Embeddings,
        photos: NDArray[np.int64],
        boxes: Sequence[Box] | None,
        thresholds: Thresholds,
    ) -> Self:
        """Faces whose boxes touch may be one face found twice: such pairs don't count."""
        faces = directions(embeddings)
        found = list(_photo_mates(faces, photos, boxes))
        pairs = np.array(found, dtype=np.intp).reshape(-1, 2)
        apart = np.linalg.norm(faces[pairs[:, 0]] - faces[pairs[:, 1]], axis=1)
        certain = apart > _SAME_PICTURE
        pairs, apart = pairs[certain], apart[certain]
        # To the last bit the same in whatever order the faces come.
        unusual = fsum(apart - thresholds.strangers_mean) / (len(pairs) + _PRIOR_PAIRS)
        return cls(pairs, min(unusual, 0.0))

    def tail_factor(self, event: ClusteredFaces, around: Crowd, thresholds: Thresholds) -> float:
        """How much longer than usual the tail of this event's strangers is, from 1 up.

        Of each pair, the one face is looked at as if it were a reference, the other's cluster as
        if it were to be delivered.
        """
        scores = self._scores(event, around, thresholds)
        beyond = int((scores > _TAIL_FROM).sum()) + _TAIL_PRIOR
        share = beyond / (len(scores) + _TAIL_PRIOR / _TAIL_SHARE)
        factor = NORMAL.inv_cdf(_TAIL_SHARE) / NORMAL.inv_cdf(min(share, 0.4))
        return float(np.clip(factor, 1.0, _MOST_FACTOR))

    def _scores(
        self, event: ClusteredFaces, around: Crowd, thresholds: Thresholds
    ) -> NDArray[np.float32]:
        these, first = np.unique(self.pairs[:, 0], return_index=True)
        mates = np.split(event.clusters[self.pairs[:, 1]], first[1:])
        scores = [np.empty(0, dtype=np.float32)]
        for rows, distances in distance_blocks(event.faces[these], event.centers):
            for face, clusters, row in zip(these[rows], mates[rows], distances, strict=True):
                others = event.bystanders[event.bystanders != event.clusters[face]]
                seen = nearest_of(row[others][None, :], thresholds)
                here = crowd(seen, len(others), thresholds)
                scale = Scale.between(here, around.at(clusters), thresholds, faces=1, factor=1.0)
                scores.append(scale.scores(row[clusters]))
        return np.concatenate(scores)


def _photo_mates(
    faces: Embeddings, photos: NDArray[np.int64], boxes: Sequence[Box] | None
) -> Iterator[tuple[int, int]]:
    """Faces with others of their photos, ascending; in a large event of a sample of them."""
    keys = face_keys(faces)
    by_photo = np.lexsort((keys, photos))
    ordered = photos[by_photo]
    starts = np.searchsorted(ordered, photos)
    sizes = np.searchsorted(ordered, photos, side="right") - starts
    places = np.empty_like(starts)
    places[by_photo] = np.arange(len(photos)) - starts[by_photo]
    in_company = np.flatnonzero(sizes > 1)
    by_key = in_company[np.argsort(keys[in_company], kind="stable")]
    for face in np.sort(by_key[:_MOST_FACES]).tolist():
        # Those that come after it, in a circle: everybody is a mate of as many others.
        after = 1 + np.arange(min(sizes[face] - 1, _MOST_MATES))
        for mate in by_photo[starts[face] + (places[face] + after) % sizes[face]].tolist():
            if boxes is None or not _touch(boxes[face], boxes[mate]):
                yield face, mate


def _touch(one: Box, other: Box) -> bool:
    return max(one.left, other.left) < min(one.right, other.right) and max(
        one.top, other.top
    ) < min(one.bottom, other.bottom)
