"""Sort an event's faces: cluster them, then match the clusters with people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.matching.calibration import Calibration
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.repeated_faces import may_be_repeated, representatives
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.types import FaceMatch, MatchResult, Person
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings


@dataclass(frozen=True, slots=True)
class SortedFaces:
    """The result of sorting an event.

    Attributes:
        clusters: The cluster of each face, int32 (n,).
        matches: In the order of the faces.
        limits: The event's own numbers by name: the distance below which faces are neighbors, the
            score that a match takes, how much farther apart than usual strangers are, and the
            number of photos that this was computed from.
        standing: The face that stands for each face, intp (n,): itself, or another one that the
            same photo shows of the same person. Only such faces have matches.
    """

    clusters: NDArray[np.int32]
    matches: list[FaceMatch]
    limits: dict[str, float]
    standing: NDArray[np.intp]


def sort_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    boxes: Sequence[Box] | None,
    people: Sequence[Person],
    *,
    thresholds: Thresholds,
    seed: int = 0,
) -> SortedFaces:
    """Cluster the faces of an event without any reference, then match the clusters with people.

    Args:
        embeddings: The faces (n, 128), of any length.
        photo_ids: The photo of each face (n,).
        boxes: The box of each face (n,). They tell two faces of a photo from one that was found
            twice.
        people: The registered people with their references.
        thresholds: What decides who gets a photo.
        seed: Decides the order in which faces are visited when they are clustered.

    Raises:
        ValueError: The lengths differ, or `match_people` refuses the people.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = normalize(np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE))
    if not len(faces) == len(photos) == len(photos if boxes is None else boxes):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and "
            f"{'no' if boxes is None else len(boxes)} boxes: "
            "there must be one of each for every face"
        )
    standing = representatives(faces, photos, boxes, thresholds)
    kept, rows = np.unique(standing, return_inverse=True)
    result, clusters, limits = _sort_different(
        faces[kept],
        photos[kept],
        None if boxes is None else [boxes[face] for face in kept.tolist()],
        people,
        thresholds=thresholds,
        seed=seed,
    )
    matches = [replace(match, face=int(kept[match.face])) for match in result.matches]
    return SortedFaces(clusters[rows], matches, limits, standing)


def _sort_different(
    faces: Embeddings,
    photos: NDArray[np.int64],
    boxes: Sequence[Box] | None,
    people: Sequence[Person],
    *,
    thresholds: Thresholds,
    seed: int,
) -> tuple[MatchResult, NDArray[np.int32], dict[str, float]]:
    """Sort faces of which no photo shows one several times."""
    # Normalizing again changes one row in 20 by a rounding error. Scores use the second result.
    # Clusters use the first, since the order in which faces are visited depends on every bit.
    unit_faces = normalize(faces)
    calibration = Calibration.of(unit_faces, photos, boxes, thresholds)
    threshold = thresholds.cluster_threshold_among(len(faces), shift=calibration.shift)
    repeated = may_be_repeated(unit_faces, photos, thresholds)
    clusters = _clusters(
        faces,
        photos,
        repeated,
        threshold=threshold,
        copy_distance=thresholds.copy_distance,
        seed=seed,
    )
    result = match_people(
        unit_faces,
        photos,
        clusters,
        people,
        repeated=repeated,
        calibration=calibration,
        thresholds=thresholds,
    )
    limits = {
        "event_cluster_threshold": threshold,
        "event_score_threshold": result.score_threshold,
        "event_strangers_shift": calibration.shift,
        "event_calibrating_photos": float(calibration.photos),
    }
    return result, clusters, limits


def _clusters(
    faces: Embeddings,
    photos: NDArray[np.int64],
    repeated: NDArray[np.bool_],
    *,
    threshold: float,
    copy_distance: float,
    seed: int,
) -> NDArray[np.int32]:
    """Cluster the faces. Those that may be repeated are clusters of their own.

    Otherwise each of them would gather other faces of its person, and split their cluster.
    """
    clusters = np.empty(len(faces), dtype=np.int32)
    others = np.flatnonzero(~repeated)
    clusters[others] = cluster_faces(
        faces[others], photos[others], threshold=threshold, copy_distance=copy_distance, seed=seed
    )
    first = clusters[others].max(initial=-1) + 1
    clusters[repeated] = np.arange(first, first + len(faces) - len(others))
    return clusters
