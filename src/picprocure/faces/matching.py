"""Which of an event's faces belong to which registered person.

A match hands out a photo, so doubt never matches: what is doubtful goes to the host's review, and
what is not even doubtful is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.crowding import crowding_of_clusters, crowding_of_people
from picprocure.faces.distances import distances_between
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings


class Decision(StrEnum):
    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person. ``references`` holds one embedding a row, at least one."""

    key: Hashable
    references: Embeddings


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """``face`` is the row of the embeddings. A MATCH is always nearer than its ``threshold``.

    ``distance`` is the face's own to the person's references, their mean; ``reason`` says in plain
    words how the decision came about.
    """

    face: int
    person: Hashable
    decision: Decision
    distance: float
    threshold: float
    reason: str


def match_people(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    clusters: Sequence[int] | NDArray[np.integer],
    people: Sequence[Person],
    *,
    thresholds: Thresholds = DEFAULT,
) -> list[FaceMatch]:
    """What each face is to each person, where it is anything: MATCH and REVIEW, by face.

    A person gets a cluster only when it is near enough to their references, measured against how
    near the event's other faces come, and clearly nearer than to any other registered person; of
    a cluster they get only the faces that are themselves near; of a photo, only one face; of two
    clusters that meet in a photo, only the nearer one. Everything that misses one of these by
    little is for review.
    """
    faces = np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)
    photos = np.asarray(photo_ids, dtype=np.int64)
    if not len(faces) == len(photos) == len(clusters):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and {len(clusters)} clusters: "
            "there must be one of each for every face"
        )
    if not len(faces) or not people:
        return []
    measured = _measure(faces, photos, np.asarray(clusters), people, thresholds)
    claims = _without_meeting_clusters(_claims(measured, thresholds), measured)
    matches = [match for claim in claims for match in _face_matches(claim, measured, thresholds)]
    return sorted(_one_face_per_photo(matches, photos), key=lambda match: match.face)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Faces, clusters and people as rows and columns of distances."""

    photos: NDArray[np.int64]  # (faces,)
    clusters: NDArray[np.intp]  # (faces,), from 0 without a gap
    keys: list[Hashable]  # (people,)
    faces_to_people: NDArray[np.float32]  # (faces, people)
    clusters_to_people: NDArray[np.float32]  # (clusters, people), means over the cluster's faces
    candidates: NDArray[np.intp]  # the clusters that come near enough to somebody
    limits: NDArray[np.float32]  # (clusters, people); rows of candidates only

    def members(self, cluster: int) -> NDArray[np.intp]:
        return np.flatnonzero(self.clusters == cluster)


def _measure(
    faces: Embeddings,
    photos: NDArray[np.int64],
    clusters: NDArray[np.integer],
    people: Sequence[Person],
    thresholds: Thresholds,
) -> _Measured:
    _, numbered = np.unique(clusters, return_inverse=True)
    to_people = np.column_stack([_distances_to(person, faces) for person in people])
    to_clusters = np.zeros((numbered.max() + 1, len(people)), dtype=np.float32)
    np.add.at(to_clusters, numbered, to_people)
    to_clusters /= np.bincount(numbered)[:, None]
    candidates = np.flatnonzero(
        to_clusters.min(axis=1) < thresholds.max_distance + thresholds.doubt
    )
    limits = np.zeros_like(to_clusters)
    limits[candidates] = _limits(candidates, faces, numbered, to_clusters, thresholds)
    return _Measured(
        photos,
        numbered,
        [person.key for person in people],
        to_people,
        to_clusters,
        candidates,
        limits,
    )


def _distances_to(person: Person, faces: Embeddings) -> NDArray[np.float32]:
    """The mean distance of each face to the person's references, float32 (faces,).

    Not the distance to the references' mean: that is shorter for everybody, strangers too, so it
    would need limits of its own for every number of references.
    """
    references = np.asarray(person.references, dtype=np.float32)
    if not len(references) or references.shape[1:] != (EMBEDDING_SIZE,):
        raise ValueError(
            f"references of shape {references.shape}: a person needs at least one "
            f"embedding, as rows of {EMBEDDING_SIZE} numbers"
        )
    means: NDArray[np.float32] = distances_between(faces, references).mean(axis=1)
    return means


def _limits(
    candidates: NDArray[np.intp],
    faces: Embeddings,
    clusters: NDArray[np.intp],
    to_people: NDArray[np.float32],
    thresholds: Thresholds,
) -> NDArray[np.float32]:
    """Below which distance each candidate is each person's, float32 (candidates, people)."""
    around_people = crowding_of_people(to_people, thresholds)
    around_clusters = crowding_of_clusters(candidates, faces, clusters, thresholds)
    crowding = (around_clusters[:, None] + around_people) / 2
    return np.minimum(thresholds.max_distance, crowding + thresholds.match_threshold)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A person who may be the one in a cluster. ``doubt`` is why they may not, or nothing."""

    cluster: int
    person: int
    distance: float
    rival: float | None  # the next nearest person's distance
    doubt: str | None


def _claims(measured: _Measured, thresholds: Thresholds) -> Iterator[_Claim]:
    for cluster in measured.candidates.tolist():
        distances = measured.clusters_to_people[cluster]
        possible = distances < measured.limits[cluster] + thresholds.doubt
        contenders = distances <= distances.min() + thresholds.person_margin
        for person in np.flatnonzero(possible & contenders).tolist():
            distance = float(distances[person])
            others = np.delete(distances, person)
            rival = float(others.min()) if len(others) else None
            doubt = None
            if contenders.sum() > 1:
                doubt = f"another registered person is about as near ({rival:.2f})"
            elif distance >= measured.limits[cluster, person]:
                doubt = "near, but not near enough to be sure"
            yield _Claim(cluster, person, distance, rival, doubt)


def _without_meeting_clusters(claims: Iterable[_Claim], measured: _Measured) -> Iterator[_Claim]:
    """Of two clusters that meet in a photo, one person can only be in the nearer."""
    photos_of: dict[int, set[int]] = defaultdict(set)
    for claim in sorted(claims, key=lambda claim: claim.distance):
        if claim.doubt is None:
            photos = set(measured.photos[measured.members(claim.cluster)].tolist())
            if photos & photos_of[claim.person]:
                yield replace(
                    claim, doubt="it stands in one photo with a face that fits this person better"
                )
                continue
            photos_of[claim.person] |= photos
        yield claim


def _face_matches(
    claim: _Claim, measured: _Measured, thresholds: Thresholds
) -> Iterator[FaceMatch]:
    limit = float(measured.limits[claim.cluster, claim.person]) + thresholds.face_slack
    for face in measured.members(claim.cluster).tolist():
        distance = float(measured.faces_to_people[face, claim.person])
        doubt = claim.doubt
        if doubt is None and distance >= limit:
            doubt = "it was grouped with faces that match, but is itself too far away"
        reason = f"{distance:.2f} to the reference, limit {limit:.2f}; " + (
            doubt or _clear_of(claim.rival)
        )
        yield FaceMatch(
            face=face,
            person=measured.keys[claim.person],
            decision=Decision.MATCH if doubt is None else Decision.REVIEW,
            distance=distance,
            threshold=limit,
            reason=reason,
        )


def _clear_of(rival: float | None) -> str:
    return "nobody else is registered" if rival is None else f"next nearest person {rival:.2f}"


def _one_face_per_photo(
    matches: Iterable[FaceMatch], photos: NDArray[np.int64]
) -> Iterator[FaceMatch]:
    taken: set[tuple[Hashable, int]] = set()
    for match in sorted(matches, key=lambda match: match.distance):
        place = (match.person, int(photos[match.face]))
        if match.decision is not Decision.MATCH:
            yield match
        elif place in taken:
            yield replace(
                match,
                decision=Decision.REVIEW,
                reason=f"{match.distance:.2f} to the reference; "
                "another face of this photo is nearer to it",
            )
        else:
            taken.add(place)
            yield match
