"""Which of an event's faces belong to which registered person.

A match hands out a photo, so doubt never matches: what is doubtful goes to the host's review, and
what is not even doubtful is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from picprocure.faces.crowding import crowding_of_clusters, crowding_of_people, nearest_of
from picprocure.faces.distances import distance_blocks, distances_between
from picprocure.faces.grouping import Grouping
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embeddings

_SUMS: Final = 4 * 2**20
"""Sums of distances from cluster to person that are held at a time: 32 MB."""


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
    """The clusters that come near enough to somebody, and how near they come to everybody.

    Nothing here has a row for each face or a column for each pair of them.
    """

    faces: Embeddings
    photos: NDArray[np.int64]  # (faces,)
    grouping: Grouping
    people: Sequence[Person]
    candidates: NDArray[np.intp]
    to_people: NDArray[np.float32]  # (candidates, people), means over the cluster's faces
    limits: NDArray[np.float32]  # (candidates, people)


def _measure(
    faces: Embeddings,
    photos: NDArray[np.int64],
    clusters: NDArray[np.integer],
    people: Sequence[Person],
    thresholds: Thresholds,
) -> _Measured:
    _, numbered = np.unique(clusters, return_inverse=True)
    grouping = Grouping.of(numbered)
    candidates, to_people, nearest = _candidates(faces, grouping, people, thresholds)
    around_people = crowding_of_people(nearest, thresholds)
    around_clusters = crowding_of_clusters(candidates, faces, numbered, thresholds)
    crowding = (around_clusters[:, None] + around_people) / 2
    limits = np.minimum(thresholds.max_distance, crowding + thresholds.match_threshold)
    return _Measured(faces, photos, grouping, people, candidates, to_people, limits)


def _candidates(
    faces: Embeddings, grouping: Grouping, people: Sequence[Person], thresholds: Thresholds
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Clusters near somebody, their distances to all people, and each person's smallest."""
    candidates, distances = [], []
    nearest = np.empty((0, len(people)), dtype=np.float32)
    for first, to_people in _clusters_to_people(faces, grouping, people):
        near = to_people.min(axis=1) < thresholds.max_distance + thresholds.doubt
        candidates.append(first + np.flatnonzero(near))
        distances.append(to_people[near])
        nearest = nearest_of(np.concatenate([nearest, to_people]).T, thresholds).T
    return np.concatenate(candidates), np.concatenate(distances), nearest


def _clusters_to_people(
    faces: Embeddings, grouping: Grouping, people: Sequence[Person]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Some clusters at a time, from which number on, with their mean distances to all people."""
    references = [_references(person) for person in people]
    counts = np.array([len(own) for own in references])
    starts = counts.cumsum() - counts
    everyone = np.concatenate(references)
    at_a_time = max(1, _SUMS // len(people))
    for first in range(0, len(grouping), at_a_time):
        sizes = grouping.sizes[first : first + at_a_time]
        start = grouping.starts[first]
        members = faces[grouping.order[start : start + sizes.sum()]]
        owners = np.repeat(np.arange(len(sizes)), sizes)
        sums = np.zeros((len(sizes), len(people)))
        for rows, distances in distance_blocks(members, everyone):
            to_people = np.add.reduceat(distances, starts, axis=1)
            firsts = np.flatnonzero(np.diff(owners[rows], prepend=-1))
            sums[owners[rows][firsts]] += np.add.reduceat(to_people, firsts, axis=0)
        yield first, (sums / sizes[:, None] / counts).astype(np.float32)


def _references(person: Person) -> Embeddings:
    references = np.asarray(person.references, dtype=np.float32)
    if not len(references) or references.shape[1:] != (EMBEDDING_SIZE,):
        raise ValueError(
            f"references of shape {references.shape}: a person needs at least one "
            f"embedding, as rows of {EMBEDDING_SIZE} numbers"
        )
    return references


def _distances_to(person: Person, faces: Embeddings) -> NDArray[np.float32]:
    """The mean distance of each face to the person's references, float32 (faces,).

    Not the distance to the references' mean: that is shorter for everybody, strangers too, so it
    would need limits of its own for every number of references.
    """
    means: NDArray[np.float32] = distances_between(faces, _references(person)).mean(axis=1)
    return means


@dataclass(frozen=True, slots=True)
class _Claim:
    """A person who may be the one in a cluster. ``doubt`` is why they may not, or nothing."""

    cluster: int
    person: int
    distance: float
    limit: float
    rival: float | None  # the next nearest person's distance
    doubt: str | None


def _claims(measured: _Measured, thresholds: Thresholds) -> Iterator[_Claim]:
    for cluster, distances, limits in zip(
        measured.candidates.tolist(), measured.to_people, measured.limits, strict=True
    ):
        possible = distances < limits + thresholds.doubt
        contenders = distances <= distances.min() + thresholds.person_margin
        for person in np.flatnonzero(possible & contenders).tolist():
            distance = float(distances[person])
            others = np.delete(distances, person)
            rival = float(others.min()) if len(others) else None
            doubt = None
            if contenders.sum() > 1:
                doubt = f"another registered person is about as near ({rival:.2f})"
            elif distance >= limits[person]:
                doubt = "near, but not near enough to be sure"
            yield _Claim(cluster, person, distance, float(limits[person]), rival, doubt)


def _without_meeting_clusters(claims: Iterable[_Claim], measured: _Measured) -> Iterator[_Claim]:
    """Of two clusters that meet in a photo, one person can only be in the nearer."""
    photos_of: dict[int, set[int]] = defaultdict(set)
    for claim in sorted(claims, key=lambda claim: claim.distance):
        if claim.doubt is None:
            photos = set(measured.photos[measured.grouping.members(claim.cluster)].tolist())
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
    limit = claim.limit + thresholds.face_slack
    person = measured.people[claim.person]
    members = measured.grouping.members(claim.cluster)
    distances = _distances_to(person, measured.faces[members])
    for face, distance in zip(members.tolist(), distances.tolist(), strict=True):
        doubt = claim.doubt
        if doubt is None and distance >= limit:
            doubt = "it was grouped with faces that match, but is itself too far away"
        reason = f"{distance:.2f} to the reference, limit {limit:.2f}; " + (
            doubt or _clear_of(claim.rival)
        )
        yield FaceMatch(
            face=face,
            person=person.key,
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
