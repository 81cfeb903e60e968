from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from picprocure.faces.matching.clustered_faces import ClusteredFaces
from picprocure.faces.matching.inputs import ScoreNormalizer, Template
from picprocure.faces.matching.ranking import Ranking, rank
from picprocure.faces.thresholds import DLIB
from picprocure.faces.vectors import GRID

from ..synthetic import at_distance, center, photographed

FAR = 0.1, 0.2, 0.3, 0.4


def event_of(*people: int) -> ClusteredFaces:
    faces = np.stack([center(person) for person in people])
    return ClusteredFaces.of(faces, np.arange(len(people)), range(len(people)))


def ranked(
    event: ClusteredFaces,
    templates: Sequence[Template],
    own_clusters: dict[int, list[int]] | None = None,
) -> Ranking:
    normalizer = ScoreNormalizer(event.cohort_statistics(DLIB), DLIB)
    return rank(event, templates, normalizer, own_clusters=own_clusters)


def near(person: int, distance: float, *, of: int) -> Template:
    return Template(person, at_distance(center(of), distance, seed=person), 1)


def test_the_nearest_person_comes_first_and_the_next_second() -> None:
    event = event_of(1, 2)
    templates = [near(person, distance, of=1) for person, distance in enumerate(FAR)]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        ranking = ranked(event, [templates[person] for person in order])
        assert (ranking.person[0], ranking.next_person[0]) == (0, 1)
        assert ranking.score[0] > ranking.next_score[0]


def test_several_templates_of_a_person_are_not_two_people() -> None:
    event = event_of(1, 2)
    templates = [near(0, 0.1, of=1), near(0, 0.2, of=1), near(1, 0.4, of=1), near(0, 0.15, of=1)]
    for order in ([0, 1, 2, 3], [2, 1, 0, 3], [1, 2, 3, 0], [3, 2, 1, 0]):
        ranking = ranked(event, [templates[place] for place in order])
        assert (ranking.person[0], ranking.next_person[0]) == (0, 1)
        assert ranking.score[0] == pytest.approx(ranked(event, templates[:1]).score[0], abs=1e-3)


def test_the_next_person_takes_the_lead_by_another_template() -> None:
    event = event_of(1, 2)
    templates = [near(0, 0.2, of=1), near(1, 0.3, of=1), near(1, 0.1, of=1)]
    ranking = ranked(event, templates)
    assert (ranking.person[0], ranking.next_person[0]) == (1, 0)


def test_with_one_person_there_is_no_next() -> None:
    ranking = ranked(event_of(1, 2, 3), [near(0, 0.1, of=1), near(0, 0.2, of=1)])
    assert ranking.person.tolist() == [0, 0, 0]
    assert ranking.next_person.tolist() == [-1, -1, -1]
    assert ranking.next_score.tolist() == [-np.inf] * 3


def test_ranks_are_those_of_all_scores_at_once() -> None:
    """Ranking templates in any order gives the same as sorting a whole matrix."""
    event = event_of(*range(30))
    random = np.random.default_rng(0)
    templates = [
        Template(person, photographed(person, int(random.integers(9))), 1)
        for person in random.integers(0, 12, 50).tolist()
    ]
    ranking = ranked(event, templates)
    scores = np.full((12, 30), -np.inf)
    for template in templates:
        scores[template.person] = np.maximum(
            scores[template.person], ranked(event, [template]).score
        )
    expected = np.sort(scores, axis=0)
    assert ranking.score == pytest.approx(expected[-1], abs=1e-4)
    assert ranking.next_score == pytest.approx(expected[-2], abs=1e-4)
    assert np.array_equal(ranking.person, scores.argmax(axis=0))
    assert (ranking.person != ranking.next_person).all()


def test_the_clusters_of_a_person_are_not_in_their_cohort() -> None:
    own = [at_distance(center(0), 0.3, seed=n) for n in range(8)]
    faces = np.stack([*own, *(center(n) for n in range(1, 60))])
    event = ClusteredFaces.of(faces, np.arange(67), range(67))
    template = Template(0, center(0), 1)
    unknown, known = ranked(event, [template]), ranked(event, [template], {0: list(range(8))})
    assert known.cohorts[0].mean[0] > unknown.cohorts[0].mean[0] + 0.01
    assert known.score[0] > unknown.score[0]
    of_another_person = ranked(event, [template], {5: list(range(8))})
    assert of_another_person.cohorts[0] == unknown.cohorts[0]


def test_a_person_with_all_clusters_has_the_prior() -> None:
    event = event_of(1, 2)
    ranking = ranked(event, [near(0, 0.1, of=1)], {0: [0, 1]})
    assert [cohort.share for cohort in ranking.cohorts] == [0]
    assert ranking.cohorts[0].mean == pytest.approx([DLIB.strangers_distance])


def test_a_template_has_length_one_whatever_it_is_made_of() -> None:
    faces = np.stack([photographed(1, time) for time in range(5)]).astype(np.float64)
    template = Template.of(4, faces.sum(axis=0), 5)
    assert (template.person, template.faces) == (4, 5)
    assert np.linalg.norm(template.vector) == pytest.approx(1, abs=GRID)
    assert np.linalg.norm(template.vector - center(1)) < 0.2
