"""Verify each single face of the clusters that were assigned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.types import Decision, ScoredMatch, explained
from picprocure.faces.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from picprocure.faces.matching.assignment import Assignment
    from picprocure.faces.matching.inputs import MatchInputs
    from picprocure.faces.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class _Members:
    """The faces of a person's clusters. All arrays are (faces,).

    Attributes:
        faces: The rows of the embeddings.
        scores: Against all other faces of the person.
        near: Whether these scores and those by the references are high enough.
        beyond_anchor: Whether a face is too far from the person's anchor.
        shared: Whether a face may show a similar person.
        distances: To the person's references.
        limits: Below these distances, the references alone would match.
        rivals: The distances to the references of the nearest other person.
        agreeing: How many other faces support each face.
    """

    faces: NDArray[np.intp]
    scores: NDArray[np.float32]
    near: NDArray[np.bool_]
    beyond_anchor: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    distances: NDArray[np.float32]
    limits: NDArray[np.float32]
    rivals: NDArray[np.float32]
    agreeing: int


def verify(inputs: MatchInputs, assignment: Assignment) -> list[ScoredMatch]:
    """Decide MATCH or REVIEW for the faces of all assigned clusters.

    A person gets one face of a photo. Its other faces are left out.
    """
    rivals = _rival_distances(inputs, assignment)
    return [
        match
        for person in assignment.clusters
        for match in _verify_person(inputs, assignment, person, rivals)
    ]


def _verify_person(
    inputs: MatchInputs, assignment: Assignment, person: int, rivals: NDArray[np.float32]
) -> Iterator[ScoredMatch]:
    """Decide about the faces of one person's clusters, the best score first."""
    members = _members(inputs, assignment, person, rivals)
    own_photos: set[int] = set()
    for row in np.argsort(-members.scores, kind="stable").tolist():
        face = int(members.faces[row])
        photo = int(inputs.event.photos[face])
        if photo in own_photos:
            continue
        doubt = _doubt_about(members, row, inputs.thresholds)
        if not doubt:
            own_photos.add(photo)
        match = explained(
            face,
            inputs.key(person),
            Decision.REVIEW if doubt else Decision.MATCH,
            distance=float(members.distances[row]),
            threshold=float(members.limits[row]),
            explanation=doubt or _reason_for(members, row),
        )
        yield ScoredMatch(float(members.scores[row]), match)


def _members(
    inputs: MatchInputs, assignment: Assignment, person: int, rivals: NDArray[np.float32]
) -> _Members:
    event, thresholds, by_references = inputs.event, inputs.thresholds, assignment.by_references
    faces = _faces_of(inputs, assignment, person)
    distances = by_references.distances(person, faces)
    scale = by_references.scale(person, event.clusters[faces])
    scores = _scores_among_own(inputs, assignment, person, faces)
    near = scores >= assignment.score_threshold - thresholds.face_slack
    min_score = assignment.score_threshold - thresholds.face_reference_slack
    near &= scale.scores(distances) >= min_score
    return _Members(
        faces=faces,
        scores=scores,
        near=near,
        beyond_anchor=_beyond_anchor(inputs, person, faces),
        shared=_shared(inputs, assignment, person, faces),
        distances=distances,
        limits=scale.distances(assignment.score_threshold),
        rivals=rivals[faces],
        agreeing=int(near.sum()) - 1 + int(inputs.references.counts[person]) - 1,
    )


def _faces_of(inputs: MatchInputs, assignment: Assignment, person: int) -> NDArray[np.intp]:
    members = inputs.event.grouping.members
    return np.concatenate([members(cluster) for cluster in assignment.clusters[person]])


def _scores_among_own(
    inputs: MatchInputs, assignment: Assignment, person: int, faces: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return the score of each face against the references and all other faces."""
    event, references = inputs.event, inputs.references
    total = references.sums[person] + event.sums[assignment.clusters[person]].sum(axis=0)
    without_face = unit(total - event.faces[faces])
    distances = np.linalg.norm(without_face - event.faces[faces], axis=1)
    scale = inputs.normalizer.scale(
        assignment.cohorts[person],
        event.clusters[faces],
        faces=int(references.counts[person]) + len(faces) - 1,
    )
    return scale.scores(distances)


def _beyond_anchor(inputs: MatchInputs, person: int, faces: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which faces are too far from the face that the person was first admitted with.

    Faces that this face alone finds are never too far.
    """
    anchor = inputs.people[person].anchor
    if anchor is None:
        return np.zeros(len(faces), dtype=np.bool_)
    (vector,) = unit(anchor[None, :])
    distances = np.linalg.norm(inputs.event.faces[faces] - vector, axis=1)
    by_anchor = list(inputs.found_by_anchor.get(inputs.key(person), ()))
    return np.asarray((distances >= inputs.thresholds.anchor_reach) & ~np.isin(faces, by_anchor))


def _shared(
    inputs: MatchInputs, assignment: Assignment, person: int, faces: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return which faces may also show a person who collided with this one."""
    shared = np.zeros(len(faces), dtype=np.bool_)
    for other, candidate in enumerate(inputs.people):
        if candidate.key in inputs.people[person].alike:
            distances = assignment.by_references.distances(other, faces)
            shared |= distances < inputs.thresholds.alike_reach
    return shared


def _rival_distances(inputs: MatchInputs, assignment: Assignment) -> NDArray[np.float32]:
    """Return the distances to the references of the nearest other person, float32 (faces,).

    They are infinite if there is no other person, or if a face is in no assigned cluster.
    """
    event = inputs.event
    nearest = np.full(len(event.faces), np.inf, dtype=np.float32)
    faces = [_faces_of(inputs, assignment, person) for person in assignment.clusters]
    if not faces:
        return nearest
    assigned = np.concatenate(faces)
    vectors = np.stack([template.vector for template in assignment.by_references.templates])
    people = np.repeat(list(assignment.clusters), [len(own) for own in faces])
    nearest[assigned] = event.distances.smallest(
        f"rivals by {inputs.basis}", event.faces[assigned], vectors, people, _smallest_of_row
    )[:, 0]
    return nearest


def _smallest_of_row(
    distances: NDArray[np.float32],
    columns: NDArray[np.integer],  # noqa: ARG001 -- only others choose by them
) -> NDArray[np.float32]:
    smallest: NDArray[np.float32] = distances.min(axis=1, keepdims=True)
    return smallest


def _doubt_about(members: _Members, row: int, thresholds: Thresholds) -> str:
    """Return why a face may not show the person, or an empty text."""
    if members.beyond_anchor[row]:
        return "too different from the photo this person was first admitted with"
    if members.shared[row]:
        return "it may show another registered person who looks similar"
    if not members.near[row]:
        return "it was grouped with faces that match, but is itself too far off"
    if members.rivals[row] <= members.distances[row]:
        return f"another registered person is as near ({members.rivals[row]:.2f})"
    is_beyond = members.distances[row] >= members.limits[row]
    if is_beyond and members.agreeing < thresholds.min_agreeing:
        return "near, but too few faces agree on it"
    return ""


def _reason_for(members: _Members, row: int) -> str:
    if members.distances[row] >= members.limits[row]:
        return f"beyond it, but {members.agreeing} other faces of this person agree"
    rival = members.rivals[row]
    if np.isinf(rival):
        return "no one else is registered"
    return f"next nearest person {rival:.2f}"
