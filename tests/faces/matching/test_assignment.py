from __future__ import annotations

import numpy as np
import pytest

from picprocure.faces.matching.assignment import assign
from picprocure.faces.matching.inputs import match_inputs
from picprocure.faces.thresholds import DLIB

from ..synthetic import party, registered


def test_scores_by_references_are_those_of_the_first_ranking() -> None:
    """Each cluster is judged by its own distances to strangers, not by those of another one."""
    event = party(people=30, photos=80, seed=4)
    inputs = match_inputs(
        event.embeddings,
        np.array(event.photos),
        event.people,
        [registered(person) for person in range(10)],
        calibration=None,
        thresholds=DLIB,
    )
    by_references = assign(inputs).by_references
    ranking = by_references.ranking
    for cluster in range(len(inputs.event.centers)):
        person = int(ranking.person[cluster])
        score = by_references.of_cluster(person, cluster)
        assert score == pytest.approx(float(ranking.score[cluster]), abs=1e-4)
