"""Sort an event's faces: cluster them, then match the clusters with people.

A photo that may show a person three times or more, such as a collage, is sorted after all others,
so it changes nothing for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.clustering.constraints import Constraints, constrained
from picprocure.faces.distances import Distances
from picprocure.faces.kept_distances import KeptDistances
from picprocure.faces.matching.calibration import Calibration
from picprocure.faces.matching.match import match_people
from picprocure.faces.matching.repeated_faces import may_be_repeated, representatives
from picprocure.faces.matching.types import Decision
from picprocure.faces.thresholds import HELD_BACK_ONE_IN
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.matching.types import FaceMatch, MatchResult, Person
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Box, Embeddings


@dataclass(frozen=True, slots=True)
class Strictness:
    """What it cost that an event was matched more strictly than usual.

    Attributes:
        held_back: How many photos were not delivered only because of this, counted for each person.
            This is computed with the same clusters, which are a little stricter, too.
        photos: The photos whose faces look most alike, strongest first. They made it so.
    """

    held_back: int
    photos: tuple[int, ...]


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
        strictness: Says that this event was matched more strictly than usual, or None if it wasn't,
            or if this held back no more than one in a hundred photos.
    """

    clusters: NDArray[np.int32]
    matches: list[FaceMatch]
    limits: dict[str, float]
    standing: NDArray[np.intp]
    strictness: Strictness | None = None


def sort_faces(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    boxes: Sequence[Box] | None,
    people: Sequence[Person],
    *,
    thresholds: Thresholds,
    constraints: Constraints | None = None,
    seed: int = 0,
    distances: Distances | None = None,
) -> SortedFaces:
    """Cluster the faces of an event without any reference, then match the clusters with people.

    Args:
        embeddings: The faces (n, 128), of any length.
        photo_ids: The photo of each face (n,).
        boxes: The box of each face (n,). They tell two faces of a photo from one that was found
            twice.
        people: The registered people with their references.
        thresholds: What decides who gets a photo.
        constraints: Which faces are of one person or of two. By default, none is known.
        seed: Decides the order in which faces are visited when they are clustered.
        distances: Computes distances. If it keeps those of an earlier sorting
            (`kept_distances.KeptDistances`), the result is the same.

    Raises:
        ValueError: The lengths differ, or `match_people` refuses the people.
    """
    photos = np.asarray(photo_ids, dtype=np.int64)
    faces = unit(np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE))
    if not len(faces) == len(photos) == len(photos if boxes is None else boxes):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and "
            f"{'no' if boxes is None else len(boxes)} boxes: "
            "there must be one of each for every face"
        )
    apart = np.isin(photos, photos[may_be_repeated(faces, photos, thresholds)])
    constraints = constraints or Constraints()
    standing = representatives(faces, photos, boxes, thresholds)
    for pair in constraints.pairs_apart():
        if standing[pair[0]] == standing[pair[1]]:
            standing[list(pair)] = pair
    kept, rows = np.unique(standing, return_inverse=True)
    different = _sort_different(
        faces[kept],
        photos[kept],
        None if boxes is None else [boxes[face] for face in kept.tolist()],
        people,
        apart=apart[kept],
        constraints=constraints.renumbered(rows),
        thresholds=thresholds,
        seed=seed,
        distances=distances or Distances(),
    )
    matches = [replace(match, face=int(kept[match.face])) for match in different.matches]
    return replace(different, clusters=different.clusters[rows], matches=matches, standing=standing)


def _sort_different(
    faces: Embeddings,
    photos: NDArray[np.int64],
    boxes: Sequence[Box] | None,
    people: Sequence[Person],
    *,
    apart: NDArray[np.bool_],
    constraints: Constraints,
    thresholds: Thresholds,
    seed: int,
    distances: Distances,
) -> SortedFaces:
    """Sort faces of which no photo certainly shows one several times.

    Args:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        boxes: The box of each face (n,).
        people: The registered people with their references.
        apart: The faces of photos that may show a person several times (n,). They are matched after
            all others, so they change nothing for them.
        constraints: Which faces are of one person or of two.
        thresholds: What decides who gets a photo.
        seed: Decides the order in which faces are visited when they are clustered.
        distances: Computes distances.
    """
    others = np.flatnonzero(~apart)
    calibration = Calibration.of(
        faces[others],
        photos[others],
        None if boxes is None else [boxes[face] for face in others.tolist()],
        thresholds,
    )
    threshold = thresholds.cluster_threshold_among(len(others), shift=calibration.shift)
    clusters = _clusters(
        faces,
        photos,
        apart,
        threshold=threshold,
        copy_distance=thresholds.copy_distance,
        seed=seed,
        distances=distances,
    )
    clusters = constrained(clusters, faces, photos, constraints, threshold=threshold)
    match = partial(match_people, people=people, thresholds=thresholds, distances=distances)
    match_others = partial(match, faces[others], photos[others], clusters[others])
    result = match_others(calibration=calibration)
    matches = [replace(match, face=int(others[match.face])) for match in result.matches]
    if apart.any():
        together = match(faces, photos, clusters, repeated=apart, calibration=calibration)
        matches += [match for match in together.matches if apart[match.face]]
    limits = {
        "event_cluster_threshold": threshold,
        "event_score_threshold": result.score_threshold,
        "event_strangers_shift": calibration.shift,
        "event_calibrating_photos": float(calibration.photos),
    }
    strictness = None
    if calibration.is_stricter_than_usual(thresholds):
        usual = match_others(calibration=Calibration(calibration.photos, 0.0))
        strictness = _strictness(result, usual, photos[others], calibration)
    return SortedFaces(
        clusters,
        sorted(matches, key=lambda match: match.face),
        limits,
        np.arange(len(faces)),
        strictness=strictness,
    )


def _strictness(
    result: MatchResult, usual: MatchResult, photos: NDArray[np.int64], calibration: Calibration
) -> Strictness | None:
    """Return what strictness cost, or None if it is not worth saying.

    Args:
        result: The matches of the event.
        usual: Its matches with the usual strictness.
        photos: The photo of each face (n,).
        calibration: Why the event is matched more strictly.
    """
    delivered = _deliveries(result, photos)
    held_back = len(_deliveries(usual, photos) - delivered)
    if held_back * HELD_BACK_ONE_IN <= len(delivered):
        return None
    return Strictness(held_back, calibration.nearest)


def _deliveries(result: MatchResult, photos: NDArray[np.int64]) -> set[tuple[Hashable, int]]:
    """Return the keys of people with the photos that they get."""
    return {
        (match.person, int(photos[match.face]))
        for match in result.matches
        if match.decision is Decision.MATCH
    }


def _clusters(
    faces: Embeddings,
    photos: NDArray[np.int64],
    apart: NDArray[np.bool_],
    *,
    threshold: float,
    copy_distance: float,
    seed: int,
    distances: Distances,
) -> NDArray[np.int32]:
    """Cluster the faces. Those that are set apart are clusters of their own.

    Otherwise each of them would gather other faces of its person, and split their cluster.
    """
    clusters = np.empty(len(faces), dtype=np.int32)
    others = np.flatnonzero(~apart)
    clusters[others] = cluster_faces(
        faces[others],
        photos[others],
        threshold=threshold,
        copy_distance=copy_distance,
        seed=seed,
        distances=distances,
        kept=distances.clusters if isinstance(distances, KeptDistances) else None,
    )
    first = clusters[others].max(initial=-1) + 1
    clusters[apart] = np.arange(first, first + len(faces) - len(others))
    return clusters
