from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from picprocure.faces.matching.clustered_faces import ClusteredFaces
from picprocure.faces.matching.ranking import Look, Measure, View, seen_from
from picprocure.faces.thresholds import DEFAULT

from ..synthetic import at_distance, center, photographed

FAR = 0.1, 0.2, 0.3, 0.4


def event_of(*people: int) -> ClusteredFaces:
    faces = np.stack([center(person) for person in people])
    return ClusteredFaces.of(faces, np.arange(len(people)), range(len(people)))


def look(
    event: ClusteredFaces,
    views: Sequence[View],
    found: dict[int, list[int]] | None = None,
    factor: float = 1.0,
) -> Look:
    return Look(event, views, found or {}, Measure(event.crowds(DEFAULT), factor, DEFAULT))


def near(person: int, distance: float, *, of: int) -> View:
    return View(person, at_distance(center(of), distance, seed=person), 1)


def test_the_nearest_person_comes_first_and_the_next_second() -> None:
    event = event_of(1, 2)
    views = [near(person, distance, of=1) for person, distance in enumerate(FAR)]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        seen = look(event, [views[person] for person in order])
        assert (seen.person[0], seen.next_person[0]) == (0, 1)
        assert seen.score[0] > seen.next_score[0]


def test_several_views_of_a_person_are_not_two_people() -> None:
    event = event_of(1, 2)
    views = [near(0, 0.1, of=1), near(0, 0.2, of=1), near(1, 0.4, of=1), near(0, 0.15, of=1)]
    for order in ([0, 1, 2, 3], [2, 1, 0, 3], [1, 2, 3, 0], [3, 2, 1, 0]):
        seen = look(event, [views[place] for place in order])
        assert (seen.person[0], seen.next_person[0]) == (0, 1)
        assert seen.score[0] == pytest.approx(look(event, views[:1]).score[0], abs=1e-3)


def test_the_next_person_takes_the_lead_by_another_view() -> None:
    event = event_of(1, 2)
    views = [near(0, 0.2, of=1), near(1, 0.3, of=1), near(1, 0.1, of=1)]
    seen = look(event, views)
    assert (seen.person[0], seen.next_person[0]) == (1, 0)


def test_with_one_person_there_is_no_next() -> None:
    seen = look(event_of(1, 2, 3), [near(0, 0.1, of=1), near(0, 0.2, of=1)])
    assert seen.person.tolist() == [0, 0, 0]
    assert seen.next_person.tolist() == [-1, -1, -1]
    assert seen.next_score.tolist() == [-np.inf] * 3


def test_ranks_are_those_of_all_scores_at_once() -> None:
    """Many views of many people in any order: what sorting a whole matrix would give."""
    event = event_of(*range(30))
    random = np.random.default_rng(0)
    views = [
        View(person, photographed(person, int(random.integers(9))), 1)
        for person in random.integers(0, 12, 50).tolist()
    ]
    seen = look(event, views)
    scores = np.full((12, 30), -np.inf)
    for view in views:
        scores[view.person] = np.maximum(scores[view.person], look(event, [view]).score)
    ranked = np.sort(scores, axis=0)
    assert seen.score == pytest.approx(ranked[-1], abs=1e-4)
    assert seen.next_score == pytest.approx(ranked[-2], abs=1e-4)
    assert np.array_equal(seen.person, scores.argmax(axis=0))
    assert (seen.person != seen.next_person).all()


def test_a_longer_tail_shrinks_every_score() -> None:
    event = event_of(*range(10))
    views = [near(0, 0.2, of=1)]
    assert look(event, views, factor=1.5).score * 1.5 == pytest.approx(look(event, views).score)


def test_what_is_surely_the_persons_is_no_crowd_to_them() -> None:
    own = [at_distance(center(0), 0.3, seed=n) for n in range(8)]
    faces = np.stack([*own, *(center(n) for n in range(1, 60))])
    event = ClusteredFaces.of(faces, np.arange(67), range(67))
    view = View(0, center(0), 1)
    unknown, known = look(event, [view]), look(event, [view], {0: list(range(8))})
    assert known.crowds[0].distance[0] > unknown.crowds[0].distance[0] + 0.01
    assert known.score[0] > unknown.score[0]
    others = look(event, [view], {5: list(range(8))})
    assert others.crowds[0] == unknown.crowds[0]


def test_who_has_everything_has_the_usual_crowd() -> None:
    event = event_of(1, 2)
    seen = look(event, [near(0, 0.1, of=1)], {0: [0, 1]})
    assert [crowd.share for crowd in seen.crowds] == [0]
    assert seen.crowds[0].distance == pytest.approx([DEFAULT.strangers_distance])


def test_a_view_has_length_one_whatever_it_is_made_of() -> None:
    faces = np.stack([photographed(1, time) for time in range(5)]).astype(np.float64)
    view = seen_from(4, faces.sum(axis=0), 5)
    assert (view.person, view.faces) == (4, 5)
    assert np.linalg.norm(view.direction) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(view.direction - center(1)) < 0.2
