"""Which of an event's faces belong to which registered person.

A match hands out a photo, so doubt never matches: what is doubtful goes to the host's review, and
what is not even doubtful is nobody's.

Everything is measured in deviations: by how many a distance lies below those of strangers
(`crowding`, `yardstick`). What it takes follows from how many photos may be wrong (`limits`).
First, each cluster is compared with everybody's references; who was surely found is then known by
more than their references, and a second look finds more of them (`claims`). In the end each face is
held against all the other faces of its person.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.distances import distance_blocks
from picprocure.faces.matching.assignment import Claims, References
from picprocure.faces.matching.calibration import Yardstick
from picprocure.faces.matching.clustered_faces import ClusteredFaces
from picprocure.faces.matching.ranking import Measure
from picprocure.faces.thresholds import DEFAULT, Thresholds
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import directions

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.types import Embedding, Embeddings


class Decision(StrEnum):
    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person. ``references`` holds one embedding a row, at least one.

    If there is an ``anchor`` (128,), the references came after it, and a face that is not near the
    anchor is never theirs. ``alike`` has the keys of people who collided with this one. A face that
    may belong to either goes to neither.
    """

    key: Hashable
    references: Embeddings
    anchor: Embedding | None = None
    alike: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """``face`` is the row of the embeddings.

    ``distance`` is the face's own to the person's references; nearer than ``threshold``, the
    references alone would do. ``reason`` says in plain words how the decision came about, for
    whoever runs the sort: it may speak of other people.
    """

    face: int
    person: Hashable
    decision: Decision
    distance: float
    threshold: float
    reason: str


@dataclass(frozen=True, slots=True)
class Matched:
    """``matches`` by face, and by which numbers this event was measured.

    ``limit_score`` is what it took, ``tail_factor`` how much longer than usual the tail of the
    event's strangers is; both are 0 where there was nothing to decide.
    """

    matches: list[FaceMatch]
    limit_score: float = 0.0
    tail_factor: float = 0.0


def match_people(
    embeddings: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    clusters: Sequence[int] | NDArray[np.integer],
    people: Sequence[Person],
    *,
    yardstick: Yardstick | None = None,
    thresholds: Thresholds = DEFAULT,
) -> Matched:
    """What each face is to each person, where it is anything: MATCH and REVIEW, by face.

    A person gets a cluster only when it is near enough to them, measured against where the event's
    strangers are, and clearly nearer than to any other registered person; of a cluster they get
    only the faces that are themselves near; of a photo, only one face; of two clusters that meet in
    a photo, only the nearer one. What misses one of these by little is for review.
    """
    _refuse_doubles(people)
    faces = np.asarray(embeddings, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)
    photos = np.asarray(photo_ids, dtype=np.int64)
    if not len(faces) == len(photos) == len(clusters):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and {len(clusters)} clusters: "
            "there must be one of each for every face"
        )
    if not len(faces) or not people:
        return Matched([])
    yardstick = yardstick or Yardstick.of(faces, photos, None, thresholds)
    event = ClusteredFaces.of(faces, photos, clusters)
    measure = _measure(event, yardstick, thresholds)
    matching = _Matching(event, people, measure)
    return Matched(matching.all(), matching.limit_score, measure.tail_factor)


def _refuse_doubles(people: Sequence[Person]) -> None:
    for key, times in Counter(person.key for person in people).items():
        if times > 1:
            raise ValueError(
                f"{key} is registered {times} times: give all references as one person"
            )


def _measure(event: ClusteredFaces, yardstick: Yardstick, thresholds: Thresholds) -> Measure:
    usual = thresholds.strangers_distance
    here = replace(thresholds, strangers_distance=usual + yardstick.shift)
    around = event.crowds(here)
    return Measure(around, yardstick.tail_factor(event, around, here), here)


def _references(people: Sequence[Person]) -> References:
    sums = [directions(_checked(person.references)).sum(axis=0) for person in people]
    counts = np.array([len(person.references) for person in people])
    return References(np.stack(sums).astype(np.float64), counts)


def _checked(references: Embeddings) -> Embeddings:
    references = np.asarray(references, dtype=np.float32)
    if not len(references) or references.shape[1:] != (EMBEDDING_SIZE,):
        raise ValueError(
            f"references of shape {references.shape}: a person needs at least one "
            f"embedding, as rows of {EMBEDDING_SIZE} numbers"
        )
    return references


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """A match that is none, and by how much it scored."""

    score: float
    match: FaceMatch


@dataclass(frozen=True, slots=True)
class _Members:
    """The faces of a person's clusters, (n,) each.

    How they score against the others of them, whether that and their score by the references is
    ``near`` enough, whether they are ``beyond`` reach of the person's anchor or ``shared`` with a
    similar person, how far off the references are, how far off they might be, and how far off the
    nearest other person's are. ``agreeing`` is how many other faces vouch for each.
    """

    faces: NDArray[np.intp]
    scores: NDArray[np.float32]
    near: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    distances: NDArray[np.float32]
    limits: NDArray[np.float32]
    rivals: NDArray[np.float32]
    agreeing: int


def _why(members: _Members, place: int) -> str:
    if members.distances[place] >= members.limits[place]:
        return f"beyond it, but {members.agreeing} other faces of this person agree"
    rival = members.rivals[place]
    if np.isinf(rival):
        return "nobody else is registered"
    return f"next nearest person {rival:.2f}"


class _Matching:
    def __init__(self, event: ClusteredFaces, people: Sequence[Person], measure: Measure) -> None:
        self._event, self._people, self._measure = event, people, measure
        self._references = _references(people)
        self._claims = Claims(event, self._references, measure)

    @property
    def limit_score(self) -> float:
        return self._claims.limit

    def all(self) -> list[FaceMatch]:
        sure: list[FaceMatch] = []
        doubtful: list[_Doubtful] = []
        for person in self._claims.found.clusters:
            for score, match in self._faces_of(person):
                if match.decision is Decision.MATCH:
                    sure.append(match)
                else:
                    doubtful.append(_Doubtful(score, match))
        doubtful += self._near_misses()
        return sorted([*sure, *self._worth_a_look(doubtful, sure)], key=lambda match: match.face)

    def _faces_of(self, person: int) -> Iterator[tuple[float, FaceMatch]]:
        """The faces of the clusters that are the person's, each with its score, best first.

        Once a photo is theirs, its other faces are left out.
        """
        members = self._measured_members(person)
        photos_taken: set[int] = set()
        for place in np.argsort(-members.scores, kind="stable").tolist():
            face = int(members.faces[place])
            photo = int(self._event.photos[face])
            if photo in photos_taken:
                continue
            doubt = self._doubt_about(members, place)
            if not doubt:
                photos_taken.add(photo)
            distance, limit = float(members.distances[place]), float(members.limits[place])
            reason = doubt or _why(members, place)
            match = self._match(person, face, distance, limit, reason, sure=not doubt)
            yield float(members.scores[place]), match

    def _measured_members(self, person: int) -> _Members:
        event, thresholds = self._event, self._measure.thresholds
        clusters = self._claims.found.clusters[person]
        faces = np.concatenate([event.grouping.members(cluster) for cluster in clusters])
        distances = self._distances(person, faces)
        by_references, limits = self._claims.by_references(person, distances, event.clusters[faces])
        scores = self._among_their_own(person, faces)
        near = scores >= self._claims.limit - thresholds.face_slack
        near &= by_references >= self._claims.limit - thresholds.face_reference_slack
        agreeing = int(near.sum()) - 1 + int(self._references.counts[person]) - 1
        rivals = self._nearest_others(person, faces)
        beyond, shared = self._beyond_anchor(person, faces), self._shared(person, faces)
        return _Members(faces, scores, near, beyond, shared, distances, limits, rivals, agreeing)

    def _beyond_anchor(self, person: int, faces: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which faces are too far from the face the person was first admitted with."""
        anchor = self._people[person].anchor
        if anchor is None:
            return np.zeros(len(faces), dtype=np.bool_)
        (direction,) = directions(anchor[None, :])
        distances = np.linalg.norm(self._event.faces[faces] - direction, axis=1)
        return np.asarray(distances >= self._measure.thresholds.anchor_reach)

    def _shared(self, person: int, faces: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which faces may also belong to a person who collided with this one."""
        shared = np.zeros(len(faces), dtype=np.bool_)
        for other, candidate in enumerate(self._people):
            if candidate.key in self._people[person].alike:
                shared |= self._distances(other, faces) < self._measure.thresholds.alike_reach
        return shared

    def _nearest_others(self, person: int, faces: NDArray[np.intp]) -> NDArray[np.float32]:
        """How far each face is from the references of the nearest other person, if there is one."""
        everybody = np.stack([view.direction for view in self._claims.views])
        nearest = np.empty(len(faces), dtype=np.float32)
        for rows, distances in distance_blocks(self._event.faces[faces], everybody):
            distances[:, person] = np.inf
            nearest[rows] = distances.min(axis=1)
        return nearest

    def _doubt_about(self, members: _Members, place: int) -> str:
        """Why a face of the person's clusters is not surely theirs; nothing if it is."""
        thresholds = self._measure.thresholds
        if members.beyond[place]:
            return "too different from the photo this person was first admitted with"
        if members.shared[place]:
            return "it may show another registered person who looks similar"
        if not members.near[place]:
            return "it was grouped with faces that match, but is itself too far off"
        if members.rivals[place] <= members.distances[place]:
            return f"another registered person is as near ({members.rivals[place]:.2f})"
        beyond = members.distances[place] >= members.limits[place]
        if beyond and members.agreeing < thresholds.least_agreeing:
            return "near, but too few faces agree on it"
        return ""

    def _among_their_own(self, person: int, members: NDArray[np.intp]) -> NDArray[np.float32]:
        """How each face scores against the references and all other faces, without itself."""
        event, references = self._event, self._references
        total = references.sums[person] + event.sums[self._claims.found.clusters[person]].sum(
            axis=0
        )
        others = directions(total - event.faces[members])
        distances = np.linalg.norm(others - event.faces[members], axis=1)
        scale = self._measure.scale(
            self._claims.known_crowds[person],
            event.clusters[members],
            faces=int(references.counts[person]) + len(members) - 1,
        )
        return scale.scores(distances)

    def _distances(self, person: int, faces: NDArray[np.intp]) -> NDArray[np.float32]:
        direction = self._claims.views[person].direction
        distances: NDArray[np.float32] = np.linalg.norm(
            self._event.faces[faces] - direction, axis=1
        )
        return distances

    def _near_misses(self) -> Iterator[_Doubtful]:
        """Faces of clusters that are nobody's for sure, but may be somebody's."""
        look, claims = self._claims.last, self._claims
        depth = claims.limit - self._measure.thresholds.review_depth
        margin = self._measure.thresholds.person_margin
        for cluster in np.flatnonzero(look.score >= depth).tolist():
            if cluster in claims.found.taken:
                continue
            person = int(look.person[cluster])
            doubt = claims.doubts.get(cluster, "near, but not near enough to be sure")
            yield from self._doubtful(person, cluster, look.score[cluster], doubt)
            close = look.score[cluster] - look.next_score[cluster] < margin
            contested = close or claims.is_another_by_references(person, cluster)
            if look.next_score[cluster] >= depth and contested:
                rival = int(look.next_person[cluster])
                doubt = "another registered person is about as near"
                yield from self._doubtful(rival, cluster, look.next_score[cluster], doubt)

    def _doubtful(self, person: int, cluster: int, score: float, doubt: str) -> Iterator[_Doubtful]:
        members = self._event.grouping.members(cluster)
        distances = self._distances(person, members)
        _, limits = self._claims.by_references(person, distances, self._event.clusters[members])
        for face, distance, limit in zip(members.tolist(), distances, limits, strict=True):
            match = self._match(person, face, float(distance), float(limit), doubt, sure=False)
            yield _Doubtful(float(score), match)

    def _match(
        self, person: int, face: int, distance: float, limit: float, reason: str, *, sure: bool
    ) -> FaceMatch:
        return FaceMatch(
            face=face,
            person=self._people[person].key,
            decision=Decision.MATCH if sure else Decision.REVIEW,
            distance=distance,
            threshold=limit,
            reason=f"{distance:.2f} to the reference, limit {limit:.2f}; {reason}",
        )

    def _worth_a_look(
        self, doubtful: list[_Doubtful], sure: list[FaceMatch]
    ) -> Iterator[FaceMatch]:
        """The best of what is doubtful: a host can't look at everything."""
        thresholds = self._measure.thresholds
        most = max(thresholds.review_least, math.floor(thresholds.review_share * len(sure)))
        delivered = {(match.person, self._event.photos[match.face]) for match in sure}
        shown: set[tuple[Hashable, int]] = set()
        for entry in sorted(doubtful, key=lambda entry: (-entry.score, entry.match.distance)):
            item = (entry.match.person, int(self._event.photos[entry.match.face]))
            if item in delivered or (item not in shown and len(shown) >= most):
                continue
            shown.add(item)
            yield entry.match
