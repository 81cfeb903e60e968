"""An event's faces, sorted: who is who, and who gets which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.matching.calibration import Yardstick
from picprocure.faces.matching.match import match_people
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import directions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.match import FaceMatch, Person
    from picprocure.faces.types import Box, Embeddings


@dataclass(frozen=True, slots=True)
class SortedFaces:
    """``clusters`` int32 (n,); ``matches`` by face; ``limits`` are the event's own numbers.

    These are the distance below which faces are neighbors, the score that a match takes, how much
    farther apart than usual strangers are, how much longer their tail is, and how many pairs said
    so.
    """

    clusters: NDArray[np.int32]
    matches: list[FaceMatch]
    limits: dict[str, float]


def sort_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    boxes: Sequence[Box] | None,
    people: Sequence[Person],
    *,
    thresholds: Thresholds = DEFAULT,
    seed: int = 0,
) -> SortedFaces:
    """Cluster the faces without looking at anybody's references, then match the clusters.

    ``boxes`` tell two faces of a photo from one that was found twice.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = directions(np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE))
    if not len(faces) == len(photos) == len(photos if boxes is None else boxes):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and "
            f"{'no' if boxes is None else len(boxes)} boxes: "
            "there must be one of each for every face"
        )
    yardstick = Yardstick.of(faces, photos, boxes, thresholds)
    threshold = thresholds.cluster_threshold_among(len(faces), shift=yardstick.shift)
    clusters = cluster_faces(faces, photos, threshold=threshold, seed=seed)
    matched = match_people(
        faces, photos, clusters, people, yardstick=yardstick, thresholds=thresholds
    )
    limits = {
        "event_cluster_threshold": threshold,
        "event_limit_score": matched.limit_score,
        "event_strangers_shift": yardstick.shift,
        "event_tail_factor": matched.tail_factor,
        "event_certain_pairs": float(len(yardstick.pairs)),
    }
    return SortedFaces(clusters, matched.matches, limits)
