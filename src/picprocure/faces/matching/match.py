"""Decide which faces of an event belong to which registered person.

A match delivers a photo, so doubtful faces never match. They are for the host's review. All other
faces are delivered to no one.

The steps are functions over inputs that don't change:

1. `rank` finds the best and the second best person for each cluster. Scores are normalized by the
   event itself (`score_normalization`, `calibration`).
2. `assign` gives clusters to people, first by the references, then also by the faces that these
   found. The score that a match takes follows from how many photos may be wrong
   (`score_threshold`).
3. `verify` compares each face of these clusters with all other faces of its person.
4. `review` chooses the best of the doubtful faces.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from picprocure.faces.matching.assignment import assign
from picprocure.faces.matching.inputs import match_inputs, refuse_duplicates
from picprocure.faces.matching.review import review
from picprocure.faces.matching.types import Decision, MatchResult
from picprocure.faces.matching.verification import verify
from picprocure.faces.types import EMBEDDING_SIZE
from picprocure.faces.vectors import ensure_normalized

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from picprocure.faces.distances import Distances
    from picprocure.faces.matching.calibration import Calibration
    from picprocure.faces.matching.inputs import MatchInputs
    from picprocure.faces.matching.types import Person
    from picprocure.faces.thresholds import Thresholds
    from picprocure.faces.types import Embeddings


def match_people(
    faces: Embeddings,
    photo_ids: Sequence[int] | NDArray[np.integer],
    clusters: Sequence[int] | NDArray[np.integer],
    people: Sequence[Person],
    *,
    repeated: NDArray[np.bool_] | None = None,
    calibration: Calibration | None = None,
    thresholds: Thresholds,
    distances: Distances | None = None,
) -> MatchResult:
    """Match the faces of an event with people.

    A person gets a cluster only if it is near enough, compared with the event's strangers, and
    clearly nearer than to any other registered person. They get only the faces of the cluster that
    are near enough themselves, one face of each photo, and of two clusters that share a photo only
    the nearer one. Faces that miss one of these by little are for review.

    Args:
        faces: Embeddings (n, 128) of length 1. They are not normalized again.
        photo_ids: The photo of each face (n,).
        clusters: The cluster of each face (n,).
        people: The registered people with their references.
        repeated: The faces of photos that may show a person several times (n,). Scores are not
            normalized by their clusters. By default, none.
        calibration: By default, it is computed from the faces that share a photo.
        thresholds: What decides who gets a photo.
        distances: Computes distances. By default, none are kept.

    Returns:
        Matches with MATCH or REVIEW, in the order of the faces.

    Raises:
        ValueError: The lengths differ, the length of an embedding is not 1, or a person is given
            twice or has no usable references.
    """
    refuse_duplicates(people)
    faces = np.asarray(faces, dtype=np.float32).reshape(-1, EMBEDDING_SIZE)
    photos = np.asarray(photo_ids, dtype=np.int64)
    if not len(faces) == len(photos) == len(clusters):
        raise ValueError(
            f"{len(faces)} embeddings, {len(photos)} photo ids and {len(clusters)} clusters: "
            "there must be one of each for every face"
        )
    if not len(faces) or not people:
        return MatchResult([])
    ensure_normalized(faces)
    inputs = match_inputs(
        faces,
        photos,
        clusters,
        people,
        repeated=repeated,
        calibration=calibration,
        thresholds=thresholds,
        distances=distances,
    )
    inputs = replace(inputs, found_by_anchor=_found_by_anchors(inputs))
    assignment = assign(inputs)
    verified = verify(inputs, assignment)
    sure = [entry.match for entry in verified if entry.match.decision is Decision.MATCH]
    matches = sorted([*sure, *review(inputs, assignment, verified)], key=lambda match: match.face)
    return MatchResult(matches, assignment.score_threshold)


def _found_by_anchors(inputs: MatchInputs) -> dict[Hashable, set[int]]:
    """Return the faces that people with an anchor would get if it were their only reference."""
    found: dict[Hashable, set[int]] = defaultdict(set)
    if all(person.anchor is None for person in inputs.people):
        return found
    alone = inputs.with_people(
        [
            person
            if person.anchor is None
            else replace(person, references=person.anchor[np.newaxis], anchor=None)
            for person in inputs.people
        ],
        basis="anchors",
    )
    for entry in verify(alone, assign(alone)):
        if entry.match.decision is Decision.MATCH:
            found[entry.match.person].add(entry.match.face)
    return found
