"""Which pairs of a person and a photo a check looks at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from picprocure.faces.checked_pairs import (
    DELIVERED,
    MISSED,
    PairKind,
    deeper,
    pairs_by_kind,
    shares,
)
from picprocure.faces.decisions import DECIDED
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.faces.sorting import SortedFaces
from picprocure.faces.thresholds import DLIB


def match(
    face: int, decision: Decision, *, distance: float = 0.2, limit: float = 0.4, reason: str = ""
) -> FaceMatch:
    return FaceMatch(face, "bob", decision, distance, limit, reason)


def sorting(*matches: FaceMatch) -> SortedFaces:
    return SortedFaces(np.zeros(0, dtype=np.int32), [*matches], {}, np.zeros(0, dtype=np.intp))


def test_each_pair_is_in_one_stratum() -> None:
    given = [match(face, Decision.MATCH, distance=0.1 + face / 50) for face in range(8)]
    given.append(match(8, Decision.MATCH, reason=DECIDED))
    doubts = [match(9, Decision.REVIEW), match(10, Decision.REVIEW), match(0, Decision.REVIEW)]
    far = [match(11, Decision.REVIEW, distance=0.5), match(12, Decision.REVIEW, distance=0.45)]
    photos = [*range(10), 9, 10, 10]
    found = pairs_by_kind(sorting(*given, *doubts), sorting(*given, *doubts, *far), photos)
    faces = {kind: [one.face for one in matches] for kind, matches in found.items()}
    assert faces == {
        PairKind.NEAR: [7, 6],
        PairKind.SURE: [5, 4, 3, 2, 1, 0],
        PairKind.DOUBTFUL: [9],  # the two faces of one photo are one pair
        PairKind.BELOW: [12],
    }


def test_deeper_thresholds_change_no_delivery() -> None:
    same = replace(
        DLIB, review_depth=deeper(DLIB).review_depth, review_share=deeper(DLIB).review_share
    )
    assert deeper(DLIB) == same
    assert deeper(DLIB).review_depth > DLIB.review_depth
    assert deeper(DLIB).review_share > DLIB.review_share


@pytest.mark.parametrize(
    ("sizes", "drawn"),
    [
        ((663, 221, 100, 300), (15, 5, 3, 7)),
        ((3_000, 1_000, 0, 0), (22, 8, 0, 0)),
        ((2, 1, 400, 2), (2, 1, 25, 2)),
        ((9, 3, 2, 1), (9, 3, 2, 1)),
        ((0, 0, 0, 50), (0, 0, 0, 30)),
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        ((15, 5, 500, 4), (15, 5, 7, 3)),
    ],
)
def test_pairs_are_shared_out(sizes: tuple[int, ...], drawn: tuple[int, ...]) -> None:
    found = shares(dict(zip(PairKind, sizes, strict=True)))
    assert tuple(found[kind] for kind in PairKind) == drawn


def test_strata_of_deliveries_and_of_missed_photos_are_two_each() -> None:
    assert {*DELIVERED, *MISSED} == set(PairKind)
    assert len(DELIVERED) == len(MISSED) == 2
