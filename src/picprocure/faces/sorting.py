"""An event's faces, sorted: who is who, and who gets which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from picprocure.faces.clustering import cluster_faces
from picprocure.faces.matching import match_people
from picprocure.faces.thresholds import DEFAULT, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from picprocure.faces.matching import FaceMatch, Person
    from picprocure.faces.types import Box, Embeddings


@dataclass(frozen=True, slots=True)
class SortedFaces:
    """``clusters`` int32 (n,); ``matches`` as `match_people` gives them."""

    clusters: NDArray[np.int32]
    matches: list[FaceMatch]


def sort_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    boxes: Sequence[Box],  # noqa: ARG001  (soon the event's yardstick)
    people: Sequence[Person],
    *,
    thresholds: Thresholds = DEFAULT,
    seed: int = 0,
) -> SortedFaces:
    """Cluster the faces without looking at anybody's references, then match the clusters."""
    clusters = cluster_faces(
        embeddings, photo_ids, threshold=thresholds.cluster_threshold, seed=seed
    )
    matches = match_people(embeddings, photo_ids, clusters, people, thresholds=thresholds)
    return SortedFaces(clusters, matches)
