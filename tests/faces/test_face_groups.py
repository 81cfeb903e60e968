"""What follows from what hosts said about several faces."""

from __future__ import annotations

import random

import pytest

from picprocure.faces.face_groups import Consequences, FaceGroup, consequences


def group(*same: int, others: tuple[int, ...] = ()) -> FaceGroup:
    return FaceGroup(frozenset(same), frozenset(others))


def of(
    *groups: FaceGroup,
    persons: dict[int, str] | None = None,
    refused: tuple[tuple[int, str], ...] = (),
) -> Consequences:
    return consequences(groups, persons or {}, frozenset(refused))


def test_groups_that_share_a_face_are_one_person() -> None:
    known = of(group(0, 1), group(4, 5), group(1, 2))
    assert known.constraints.together == ((0, 1, 2), (4, 5))
    assert not known.constraints.apart
    assert not known.contradictory


def test_others_are_apart_and_may_be_several_people() -> None:
    known = of(group(0, 1, others=(5, 7)), group(7, 8))
    assert known.constraints.together == ((0, 1), (7, 8))
    assert set(known.constraints.pairs_apart()) == {(0, 5), (1, 5), (0, 7), (0, 8), (1, 7), (1, 8)}


def test_face_that_is_a_persons_makes_all_theirs_that_are_together_with_it() -> None:
    known = of(group(0, 1), group(1, 2, others=(5,)), persons={0: "bob"})
    assert known.persons == {0: "bob", 1: "bob", 2: "bob"}
    assert known.refused == {(5, "bob")}


def test_face_that_is_not_a_persons_makes_none_theirs() -> None:
    known = of(group(0, 1), group(3, others=(0,)), refused=((1, "bob"), (9, "bob")))
    assert known.refused == {(0, "bob"), (1, "bob"), (9, "bob")}
    assert not known.persons


@pytest.mark.parametrize(
    ("groups", "persons", "refused", "contradictory"),
    [
        ([group(0, 1), group(0, others=(1,))], {}, (), {0, 1}),
        ([group(0, 1), group(1, 2), group(2, others=(0, 9))], {}, (), {0, 1, 2}),
        ([group(0, 1)], {0: "bob", 1: "eve"}, (), {0, 1}),
        ([group(0, 1)], {0: "bob"}, ((1, "bob"),), {0, 1}),
        ([group(0, others=(1,))], {0: "bob", 1: "bob"}, (), {0, 1}),
    ],
)
def test_groups_that_contradict_have_no_effect(
    groups: list[FaceGroup],
    persons: dict[int, str],
    refused: tuple[tuple[int, str], ...],
    contradictory: set[int],
) -> None:
    known = of(*groups, group(20, 21), persons={**persons, 20: "dan"}, refused=refused)
    assert known.contradictory == contradictory
    assert known.persons == {**persons, 20: "dan", 21: "dan"}
    assert known.refused == set(refused)
    assert known.constraints.together == ((20, 21),)


@pytest.mark.parametrize("seed", range(10))
def test_order_of_groups_does_not_matter(seed: int) -> None:
    chosen = random.Random(seed)
    groups = [
        group(*chosen.sample(range(30), 2), others=tuple(chosen.sample(range(30, 40), 1)))
        for _ in range(8)
    ]
    persons = {face: chosen.choice(["bob", "eve"]) for face in chosen.sample(range(40), 3)}
    first = of(*groups, persons=persons)
    chosen.shuffle(groups)
    assert of(*groups, persons=persons) == first
