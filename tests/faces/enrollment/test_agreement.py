"""References of one person that show another one."""

from __future__ import annotations

import numpy as np

from picprocure.faces.enrollment.agreement import at_odds
from picprocure.faces.thresholds import DLIB

from ..synthetic import photographed


def test_references_that_agree_stay() -> None:
    references = np.stack([photographed(1, time) for time in range(4)])
    assert not at_odds(references, agreement=DLIB.reference_odds).any()
    assert not at_odds(references[:1], agreement=DLIB.reference_odds).any()


def test_a_reference_that_shows_another_person_is_at_odds() -> None:
    references = np.stack([photographed(1, 0), photographed(2, 0), photographed(1, 1)])
    odd = at_odds(references, agreement=DLIB.reference_odds)
    assert odd.tolist() == [False, True, False]


def test_of_two_that_show_two_people_neither_stays() -> None:
    references = np.stack([photographed(1, 0), photographed(2, 0)])
    assert at_odds(references, agreement=DLIB.reference_odds).all()
