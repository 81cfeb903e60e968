from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.crowds import in_crowds
from picprocure.faces.thresholds import MAX_FACES_OF_FEW


def photos_of(*sizes: int) -> list[int]:
    """Return the photo of each face of photos with so many faces."""
    return np.repeat(np.arange(len(sizes)) * 7 + 3, sizes).tolist()


def test_photos_with_more_faces_than_a_few_are_crowds() -> None:
    sizes = [1, MAX_FACES_OF_FEW, MAX_FACES_OF_FEW + 1, 2, 3, 4, 104, 8, 8]
    found = in_crowds(np.array(photos_of(*sizes)))
    assert found.tolist() == np.repeat([size > MAX_FACES_OF_FEW for size in sizes], sizes).tolist()


@pytest.mark.parametrize(("crowds", "are_few"), [(1, True), (10, True), (11, False), (40, False)])
def test_crowds_are_usual_in_an_event_of_many(crowds: int, are_few: bool) -> None:
    photos = np.array(photos_of(*[MAX_FACES_OF_FEW + 1] * crowds, *[2] * (40 - crowds)))
    assert in_crowds(photos).sum() == (crowds * (MAX_FACES_OF_FEW + 1) if are_few else 0)


def test_no_faces_are_no_crowd() -> None:
    assert in_crowds(np.empty(0, dtype=np.int64)).tolist() == []
