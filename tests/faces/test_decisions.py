"""Sorting with what hosts decided about faces."""

from __future__ import annotations

import random

import numpy as np
import pytest

from faces.synthetic import photographed
from picprocure.faces.clustering.constraints import Constraints
from picprocure.faces.decisions import DECIDED, FaceDecisions, sort_decided
from picprocure.faces.face_groups import FaceGroup
from picprocure.faces.grouped_matches import GroupedFaces
from picprocure.faces.matching.types import Decision, Person
from picprocure.faces.sorting import SortedFaces, sort_faces
from picprocure.faces.thresholds import thresholds_of
from picprocure.faces.types import Box

THRESHOLDS = thresholds_of("dlib")
BOX = Box(0, 0, 80, 80)
PEOPLE, PHOTOS = 6, 8


def box(place: int) -> Box:
    return Box(100 * place, 0, 100 * place + 80, 80)


class Scene:
    """An event in which each photo shows two of six people, of whom three are registered."""

    def __init__(self) -> None:
        pairs = [(number % PEOPLE, (number + 1) % PEOPLE) for number in range(PEOPLE * PHOTOS)]
        self.owners = [person for pair in pairs for person in pair]
        self.photos = [number for number in range(len(pairs)) for _ in range(2)]
        self.boxes = [box(place) for _ in pairs for place in range(2)]
        self.faces = np.array(
            [photographed(person, 10 + row) for row, person in enumerate(self.owners)]
        )
        self.people = [Person(key, photographed(key, 0)[None, :]) for key in range(3)]

    def sorted(self, decisions: FaceDecisions = FaceDecisions()) -> SortedFaces:  # noqa: B008
        return sort_decided(
            self.faces,
            self.photos,
            self.boxes,
            self.people,
            decisions,
            thresholds=THRESHOLDS,
        )

    def face_of(self, person: int, number: int = 0) -> int:
        return [row for row, owner in enumerate(self.owners) if owner == person][number]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def matched(result: SortedFaces) -> set[tuple[int, object]]:
    return {(m.face, m.person) for m in result.matches if m.decision is Decision.MATCH}


def test_without_decisions_the_result_is_that_of_a_plain_sorting(scene: Scene) -> None:
    plain = sort_faces(scene.faces, scene.photos, scene.boxes, scene.people, thresholds=THRESHOLDS)
    decided = scene.sorted()
    assert decided.matches == plain.matches
    assert (decided.clusters == plain.clusters).all()
    assert len(matched(plain)) > 3 * PHOTOS


def test_person_gets_each_face_that_a_host_said_is_theirs(scene: Scene) -> None:
    face = scene.face_of(5)
    result = scene.sorted(FaceDecisions(persons={face: 0}))
    (match,) = [match for match in result.matches if match.face == face]
    assert (match.person, match.decision, match.reason) == (0, Decision.MATCH, DECIDED)


def test_face_of_a_person_goes_to_no_other(scene: Scene) -> None:
    face = scene.face_of(1)
    assert (face, 1) in matched(scene.sorted())
    for person in (0, "someone who isn't searched for"):
        result = scene.sorted(FaceDecisions(persons={face: person}))
        assert {m.person for m in result.matches if m.face == face} <= {0}


def test_wrong_answer_changes_no_other_face(scene: Scene) -> None:
    """The face is of person 5, who is far from the references of person 0."""
    face = scene.face_of(5)
    result = scene.sorted(FaceDecisions(persons={face: 0}))
    others = {f for f, person in matched(result) if person == 0 and f != face}
    assert others == {f for f, person in matched(scene.sorted()) if person == 0}


def test_wrong_answer_takes_no_other_photo_from_a_person_who_looks_similar() -> None:
    """The face is near enough to the wrong person's references to count as one of them."""
    scene = Scene()
    similar = photographed(0, 0) * 0.5 + photographed(1, 0) * 0.5
    scene.people[0] = Person(0, similar[None, :])
    before = {face for face, person in matched(scene.sorted()) if person == 1}
    own = scene.people[1].references
    for face in before:
        reach = float(np.linalg.norm(scene.faces[face] - similar / np.linalg.norm(similar)))
        if float(np.linalg.norm(scene.faces[face] - own)) < reach <= THRESHOLDS.reference_odds:
            result = scene.sorted(FaceDecisions(persons={face: 0}))
            after = {face for face, person in matched(result) if person == 1}
            assert after == before - {face}
            break
    else:
        pytest.fail("no such face")


def test_refused_face_is_not_matched_with_the_person(scene: Scene) -> None:
    face = scene.face_of(1)
    result = scene.sorted(FaceDecisions(refused=frozenset({(face, 1)})))
    assert not [m for m in result.matches if (m.face, m.person) == (face, 1)]


def test_faces_nearer_to_a_refused_one_than_to_the_references_wait_for_review() -> None:
    """Two people in one cluster: the references are of the first."""
    first, second = photographed(1, 0), photographed(1, 1)
    toward = [first * (1 - t) + second * t for t in (0.1, 0.2, 0.8, 0.95)]
    scene = Scene()
    scene.faces = np.vstack([scene.faces, toward])
    scene.photos += [1_000 + number for number in range(4)]
    scene.boxes += [BOX] * 4
    rows = range(len(scene.owners), len(scene.owners) + 4)
    plain = matched(scene.sorted())
    assert {(row, 1) for row in rows} <= plain
    result = scene.sorted(FaceDecisions(refused=frozenset({(rows[3], 1)})))
    assert {(row, 1) for row in rows[:2]} <= matched(result)
    (doubt,) = [m for m in result.matches if m.face == rows[2]]
    assert doubt.decision is Decision.REVIEW
    assert "as a host said" in doubt.reason


def test_what_is_no_face_takes_no_part(scene: Scene) -> None:
    face = scene.face_of(2)
    result = scene.sorted(FaceDecisions(no_faces=frozenset({face})))
    assert not [m for m in result.matches if m.face == face]
    assert (result.clusters == result.clusters[face]).sum() == 1
    assert result.standing[face] == face
    without = [row for row in range(len(scene.owners)) if row != face]
    rest = sort_faces(
        scene.faces[without],
        [scene.photos[row] for row in without],
        [scene.boxes[row] for row in without],
        scene.people,
        thresholds=THRESHOLDS,
    )
    assert matched(result) == {
        (without[m.face], m.person) for m in rest.matches if m.decision is Decision.MATCH
    }


def test_confirmed_face_is_a_further_reference() -> None:
    """The stored reference is poor; the host confirmed one good face."""
    scene = Scene()
    poor = photographed(0, 0) * 0.62 + photographed(5, 3) * 0.38
    scene.people[0] = Person(0, poor[None, :])
    before = {face for face, person in matched(scene.sorted()) if person == 0}
    confirmed = scene.face_of(0)
    result = scene.sorted(FaceDecisions(persons={confirmed: 0}))
    after = {face for face, person in matched(result) if person == 0}
    assert before | {confirmed} <= after
    assert {scene.owners[face] for face in after} == {0}


def test_person_gets_one_face_of_a_photo_unless_a_host_says_otherwise(scene: Scene) -> None:
    """The other face of the photo is that of the person, as the sorting sees it."""
    own = scene.face_of(1)
    other = own + 1 if scene.photos[own] == scene.photos[own + 1] else own - 1
    result = scene.sorted(FaceDecisions(persons={other: 1}))
    assert (other, 1) in matched(result)
    assert (own, 1) not in matched(result)
    both = scene.sorted(FaceDecisions(persons={other: 1, own: 1}))
    assert {(other, 1), (own, 1)} <= matched(both)


@pytest.mark.parametrize("seed", range(20))
def test_decisions_always_hold_and_a_second_run_changes_nothing(scene: Scene, seed: int) -> None:
    chosen = random.Random(seed)
    rows = chosen.sample(range(len(scene.owners)), 12)
    keys = [0, 1, 2, "gone"]
    decisions = FaceDecisions(
        persons={row: chosen.choice(keys) for row in rows[:4]},
        refused=frozenset((row, chosen.choice(keys)) for row in rows[4:9]),
        no_faces=frozenset(rows[9:]),
    )
    result = scene.sorted(decisions)
    found = matched(result)
    assert {(row, key) for row, key in decisions.persons.items() if key != "gone"} <= found
    assert not [m for m in result.matches if decisions.forbid(m.face, m.person)]
    again = scene.sorted(decisions)
    assert again.matches == result.matches
    untouched = {
        m
        for m in matched(scene.sorted())
        if scene.photos[m[0]] not in {scene.photos[row] for row in rows}
    }
    lost = untouched - found
    assert all(
        person in {key for _, key in decisions.refused} or person in decisions.persons.values()
        for _, person in lost
    )


class TestGroups:
    def test_faces_together_with_a_persons_face_are_theirs(self, scene: Scene) -> None:
        one, other = scene.face_of(5), scene.face_of(5, 1)
        groups = (FaceGroup({one, other}),)
        result = scene.sorted(FaceDecisions(persons={one: 0}, groups=groups))
        assert {(one, 0), (other, 0)} <= matched(result)

    def test_face_together_with_a_matched_one_waits_for_review(self, scene: Scene) -> None:
        theirs, strange = scene.face_of(1), scene.face_of(5, 3)
        assert (theirs, 1) in matched(scene.sorted())
        result = scene.sorted(FaceDecisions(groups=(FaceGroup({theirs, strange}),)))
        assert (theirs, 1) in matched(result)
        (doubt,) = [match for match in result.matches if match.face == strange]
        assert (doubt.person, doubt.decision) == (1, Decision.REVIEW)
        assert "as a host said" in doubt.reason

    def test_one_person_does_not_get_photos_of_two(self, scene: Scene) -> None:
        rows = [row for row, owner in enumerate(scene.owners) if owner == 1]
        plain = matched(scene.sorted())
        groups = (FaceGroup(set(rows[:4]), set(rows[4:6])),)
        result = scene.sorted(FaceDecisions(groups=groups))
        assert len({int(result.clusters[row]) for row in rows[:4]}) == 1
        assert result.clusters[rows[0]] not in {result.clusters[row] for row in rows[4:6]}
        sides = [{(row, 1) for row in side} & matched(result) for side in (rows[:4], rows[4:6])]
        assert sum(map(bool, sides)) == 1
        assert matched(result) < plain
        assert {f for f, person in plain if person != 1} == {
            f for f, person in matched(result) if person != 1
        }

    def test_wrong_group_gives_no_one_the_photos_of_another(self, scene: Scene) -> None:
        first, second = scene.face_of(0), scene.face_of(1, 2)
        result = scene.sorted(FaceDecisions(groups=(FaceGroup({first, second}),)))
        assert all(scene.owners[face] == person for face, person in matched(result))

    def test_if_faces_of_one_person_match_two_all_wait(self, scene: Scene) -> None:
        first, second = scene.face_of(0), scene.face_of(1, 2)
        plain = scene.sorted()
        grouped = GroupedFaces(
            scene.faces,
            np.array(scene.photos),
            plain.clusters,
            Constraints(together=((first, second),)),
            contradictory=frozenset(),
            is_decided=lambda *_: False,
            is_forbidden=lambda *_: False,
        )
        matches = grouped.honored(plain.matches, {one.key: one for one in scene.people})
        waiting = {m.face for m in matches if m.decision is Decision.REVIEW and "two" in m.reason}
        assert waiting == {first, second}
        others = matched(plain) - {(first, 0), (second, 1)}
        assert others == {(m.face, m.person) for m in matches if m.decision is Decision.MATCH}

    def test_faces_that_hosts_contradicted_themselves_about_wait(self, scene: Scene) -> None:
        one, other, third = (scene.face_of(1, number) for number in range(3))
        assert {(one, 1), (other, 1), (third, 1)} <= matched(scene.sorted())
        groups = (FaceGroup({one, other}), FaceGroup({one}, {other}))
        result = scene.sorted(FaceDecisions(groups=groups))
        waiting = {m.face for m in result.matches if "contradicts" in m.reason}
        assert waiting == {one, other}
        assert not {(one, 1), (other, 1)} & matched(result)
        assert (third, 1) in matched(result)
        said = FaceDecisions(persons={one: 1}, groups=groups)
        assert {(one, 1), (other, 1)} & matched(scene.sorted(said)) == {(one, 1)}

    def test_no_group_has_what_is_no_face(self, scene: Scene) -> None:
        one, other = scene.face_of(4), scene.face_of(5)
        decisions = FaceDecisions(no_faces={one}, groups=(FaceGroup({one, other}),))
        alone = scene.sorted(FaceDecisions(no_faces={one}))
        result = scene.sorted(decisions)
        assert result.matches == alone.matches
        assert (result.clusters == alone.clusters).all()

    def test_faces_of_one_photo_that_repeat_each_other_are_two_people_if_a_host_said_so(
        self,
    ) -> None:
        scene = Scene()
        shown = scene.face_of(5)
        scene.faces = np.vstack([scene.faces, scene.faces[shown]])
        scene.photos.append(scene.photos[shown])
        scene.boxes.append(box(4))
        copy = len(scene.faces) - 1
        assert scene.sorted().standing[copy] == scene.sorted().standing[shown]
        result = scene.sorted(FaceDecisions(groups=(FaceGroup({shown}, {copy}),)))
        assert result.standing[copy] == copy
        assert result.clusters[copy] != result.clusters[shown]

    @pytest.mark.parametrize("seed", range(10))
    def test_random_groups_hold_and_give_no_one_what_was_refused(
        self, scene: Scene, seed: int
    ) -> None:
        chosen = random.Random(seed)
        count = len(scene.owners)
        groups = tuple(
            FaceGroup(set(chosen.sample(range(count), 2)), set(chosen.sample(range(count), 1)))
            for _ in range(4)
        )
        persons = {face: chosen.randrange(3) for face in chosen.sample(range(count), 3)}
        refused = {(chosen.randrange(count), chosen.randrange(3)) for _ in range(3)}
        refused = {(face, person) for face, person in refused if persons.get(face) != person}
        decisions = FaceDecisions(persons, refused, groups=groups)
        known, result = decisions.consequences(), scene.sorted(decisions)
        for together in known.constraints.together:
            assert len({int(result.clusters[face]) for face in together}) == 1
        for one, other in known.constraints.pairs_apart():
            assert result.clusters[one] != result.clusters[other]
        assert set(known.persons.items()) <= matched(result)
        assert not known.refused & {(match.face, match.person) for match in result.matches}
        shuffled = tuple(chosen.sample(groups, len(groups)))
        again = scene.sorted(FaceDecisions(persons, refused, groups=shuffled))
        assert again.matches == result.matches
        assert (again.clusters == result.clusters).all()
