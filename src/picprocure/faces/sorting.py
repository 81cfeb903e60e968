"""Sort an event's faces: cluster them, then match the clusters with people.

Some photos are sorted after all others. Those that may show a person three times or more, such as
collages, change nothing for other photos. Those with very many faces take no other photo away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.clustering.cluster import cluster_faces
from picprocure.faces.clustering.constraints import Constraints, constrained
from picprocure.faces.clustering.joining import join_clusters
from picprocure.faces.distances import Distances
from picprocure.faces.kept_distances import KeptDistances
from picprocure.faces.matching.calibration import Calibration
from picprocure.faces.matching.crowds import in_crowds
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
            or if this held back no more than one in a hundred photos. Photos that are sorted after
            all others don't count.
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
    clusters: NDArray[np.integer] | None = None,
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
        clusters: The clusters that an earlier sorting of the same faces found (n,), in any numbers.
            Strictness doesn't change them. By default, or if there are constraints, they are found
            again.

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
    repeated = np.isin(photos, photos[may_be_repeated(faces, photos, thresholds)])
    crowded = np.zeros(len(photos), dtype=np.bool_)
    crowded[~repeated] = in_crowds(photos[~repeated])
    constraints = constraints or Constraints()
    standing = representatives(faces, photos, boxes, thresholds)
    for pair in constraints.pairs_apart():
        if standing[pair[0]] == standing[pair[1]]:
            standing[list(pair)] = pair
    kept, rows = np.unique(standing, return_inverse=True)
    event = _Event(faces, photos, boxes, repeated, crowded).at(kept)
    different = _sort_different(
        event,
        people,
        constraints=constraints.renumbered(rows),
        thresholds=thresholds,
        seed=seed,
        distances=distances or Distances(),
        known=None if clusters is None or constraints else np.asarray(clusters)[kept],
    )
    matches = [replace(match, face=int(kept[match.face])) for match in different.matches]
    return replace(different, clusters=different.clusters[rows], matches=matches, standing=standing)


@dataclass(frozen=True, slots=True)
class _Event:
    """The faces of an event.

    Attributes:
        faces: Embeddings (n, 128) of length 1.
        photos: The photo of each face (n,).
        boxes: The box of each face (n,).
        repeated: The faces of photos that may show a person several times (n,).
        crowded: The faces of other photos with very many faces (n,).
    """

    faces: Embeddings
    photos: NDArray[np.int64]
    boxes: Sequence[Box] | None
    repeated: NDArray[np.bool_]
    crowded: NDArray[np.bool_]

    @property
    def ordinary(self) -> NDArray[np.intp]:
        """Return the faces that are sorted first."""
        return np.flatnonzero(~(self.repeated | self.crowded))

    def at(self, rows: NDArray[np.intp]) -> _Event:
        """Return some of the faces."""
        boxes = None if self.boxes is None else [self.boxes[face] for face in rows.tolist()]
        return _Event(
            self.faces[rows], self.photos[rows], boxes, self.repeated[rows], self.crowded[rows]
        )

    def calibration(self, thresholds: Thresholds) -> Calibration:
        return Calibration.of(self.faces, self.photos, self.boxes, thresholds)


def _sort_different(
    event: _Event,
    people: Sequence[Person],
    *,
    constraints: Constraints,
    thresholds: Thresholds,
    seed: int,
    distances: Distances,
    known: NDArray[np.integer] | None,
) -> SortedFaces:
    """Sort faces of which no photo certainly shows one several times.

    The ordinary faces are sorted before the others are looked at. Then they are matched again with
    those in crowds, and at last all faces together. Each time, what was delivered before stays.
    Faces that may be repeated are clusters of their own. Otherwise each of them would gather other
    faces of its person, and split their cluster.

    Args:
        event: The faces.
        people: The registered people.
        constraints: Which faces are of one person or of two.
        thresholds: What decides who gets a photo.
        seed: Decides the order in which faces are visited when they are clustered.
        distances: Computes distances.
        known: The clusters, if they are known (n,).
    """
    rows = event.ordinary
    ordinary = event.at(rows)
    calibration = ordinary.calibration(thresholds)
    threshold = thresholds.cluster_threshold_among(len(rows), shift=calibration.shift)
    clusters = np.empty(len(event.faces), dtype=np.int32)
    if known is not None:
        clusters[:] = np.unique(known, return_inverse=True)[1]
    else:
        clusters[rows] = cluster_faces(
            ordinary.faces,
            ordinary.photos,
            threshold=threshold,
            copy_distance=thresholds.copy_distance,
            seed=seed,
            distances=distances,
            kept=distances.clusters if isinstance(distances, KeptDistances) else None,
        )
    match = partial(match_people, people=people, thresholds=thresholds, distances=distances)
    match_ordinary = partial(
        match,
        ordinary.faces,
        ordinary.photos,
        constrained(
            clusters[rows],
            ordinary.faces,
            ordinary.photos,
            constraints.among(rows),
            threshold=threshold,
        ),
    )
    result = match_ordinary(calibration=calibration)
    matches = [replace(match, face=int(rows[match.face])) for match in result.matches]
    not_repeated = np.flatnonzero(~event.repeated)
    with_crowds = calibration
    if event.crowded.any():
        with_crowds = event.at(not_repeated).calibration(thresholds)
        if known is None:
            _cluster_crowds(
                event,
                clusters,
                threshold=thresholds.cluster_threshold_among(
                    len(not_repeated), shift=with_crowds.shift
                ),
                copy_distance=thresholds.copy_distance,
                seed=seed,
                distances=distances,
            )
    if known is None:
        first = clusters[not_repeated].max(initial=-1) + 1
        clusters[event.repeated] = np.arange(first, first + event.repeated.sum())
    clusters = constrained(clusters, event.faces, event.photos, constraints, threshold=threshold)
    if event.crowded.any():
        more = match(
            event.faces[not_repeated],
            event.photos[not_repeated],
            clusters[not_repeated],
            calibration=with_crowds,
        )
        found = [replace(match, face=int(not_repeated[match.face])) for match in more.matches]
        matches = _with_more(matches, found, event)
    if event.repeated.any():
        together = match(
            event.faces,
            event.photos,
            clusters,
            repeated=event.repeated,
            calibration=with_crowds,
        )
        matches += [match for match in together.matches if event.repeated[match.face]]
    limits = {
        "event_cluster_threshold": threshold,
        "event_score_threshold": result.score_threshold,
        "event_strangers_shift": calibration.shift,
        "event_calibrating_photos": float(calibration.photos),
    }
    strictness = None
    if calibration.is_stricter_than_usual(thresholds):
        usual = match_ordinary(calibration=Calibration(calibration.photos, 0.0))
        strictness = _strictness(result, usual, ordinary.photos, calibration)
    return SortedFaces(
        clusters,
        sorted(matches, key=lambda match: match.face),
        limits,
        np.arange(len(event.faces)),
        strictness=strictness,
    )


def _cluster_crowds(
    event: _Event,
    clusters: NDArray[np.int32],
    *,
    threshold: float,
    copy_distance: float,
    seed: int,
    distances: Distances,
) -> None:
    """Write the clusters of the faces in crowds. Those of ordinary faces stay.

    Args:
        event: All faces.
        clusters: The clusters of all faces (n,), of which those of ordinary faces are valid.
        threshold: Faces that are nearer than this are neighbors.
        copy_distance: Faces that are nearer than this are copies.
        seed: Decides the order in which faces are visited.
        distances: Computes distances.
    """
    rows, crowded = event.ordinary, np.flatnonzero(event.crowded)
    clusters[crowded] = join_clusters(
        event.faces[crowded],
        event.photos[crowded],
        event.faces[rows],
        clusters[rows],
        threshold=threshold,
        copy_distance=copy_distance,
        seed=seed,
        distances=distances,
    )


def _with_more(
    matches: Sequence[FaceMatch], more: Sequence[FaceMatch], event: _Event
) -> list[FaceMatch]:
    """Return the matches of ordinary faces, with what was found when crowds were there as well.

    What was delivered before stays. So crowds can add deliveries of ordinary photos, and take none
    away.

    Args:
        matches: The matches of the ordinary faces alone.
        more: The matches of these and of faces in crowds.
        event: The faces.
    """
    sure = [match for match in matches if match.decision is Decision.MATCH]
    delivered = {(match.person, int(event.photos[match.face])) for match in sure}
    taken = {match.face for match in sure}
    added = [
        match
        for match in more
        if match.decision is Decision.MATCH
        and not event.crowded[match.face]
        and match.face not in taken
        and (match.person, int(event.photos[match.face])) not in delivered
    ]
    now_delivered = {(match.person, int(event.photos[match.face])) for match in added}
    return [
        *(m for m in matches if (m.person, int(event.photos[m.face])) not in now_delivered),
        *added,
        *(match for match in more if event.crowded[match.face]),
    ]


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
