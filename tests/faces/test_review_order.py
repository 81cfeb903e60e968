"""The order of the questions in the review."""

from __future__ import annotations

from typing import NamedTuple

from picprocure.faces.review_order import questions


class Doubt(NamedTuple):
    person: str
    cluster: int
    photo: int
    distance: float


def ordered(*doubts: Doubt) -> list[list[Doubt]]:
    return questions(
        doubts,
        person=lambda one: one.person,
        cluster=lambda one: one.cluster,
        photo=lambda one: one.photo,
        distance=lambda one: one.distance,
    )


def test_a_cluster_is_one_question_for_each_person() -> None:
    doubts = [Doubt("bob", 1, 1, 0.5), Doubt("eve", 1, 1, 0.4), Doubt("bob", 1, 2, 0.3)]
    assert ordered(*doubts) == [[doubts[2], doubts[0]], [doubts[1]]]


def test_most_photos_come_first_then_the_nearest() -> None:
    few, near, many = Doubt("bob", 1, 1, 0.6), Doubt("bob", 2, 2, 0.2), Doubt("eve", 3, 3, 0.9)
    twice = many._replace(photo=4)
    assert ordered(few, near, many, twice) == [[many, twice], [near], [few]]


def test_two_faces_of_one_photo_count_once() -> None:
    pair = [Doubt("bob", 1, 1, 0.5), Doubt("bob", 1, 1, 0.6)]
    nearer = Doubt("eve", 2, 2, 0.4)
    assert ordered(*pair, nearer) == [[nearer], pair]
