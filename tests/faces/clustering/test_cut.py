"""Dividing faces of two people that were taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from faces.synthetic import photographed
from picprocure.faces.clustering.cut import look_like_others

OWNERS = [0, 1, 0, 0, 1, 0, 1, 1, 0, 0]
FACES = np.array([photographed(owner, row) for row, owner in enumerate(OWNERS)])


@pytest.mark.parametrize("shown", range(len(OWNERS)))
def test_one_face_finds_all_others_of_its_person(shown: int) -> None:
    found = look_like_others(FACES, [shown])
    assert found.tolist() == [owner == OWNERS[shown] for owner in OWNERS]


def test_known_ones_stay_what_they_are() -> None:
    found = look_like_others(FACES, [0, 1])
    assert found[[0, 1]].all()
    assert not found.all()
    assert look_like_others(FACES, range(len(OWNERS))).all()
    assert look_like_others(FACES[:2], [0]).tolist() == [True, False]
