"""Which face is meant when a photo is put into a person's folder."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

import fakes
from picprocure.faces.matching.types import Decision
from picprocure.faces.types import Box, FoundFace
from picprocure.folders.corrections.by_hand import MachineFace, Moves, corrections_of
from picprocure.folders.corrections.entries import now
from picprocure.folders.corrections.settling import Settled, settle
from picprocure.folders.corrections.types import Answer, Correction, Source

PHOTO = "ab" * 32
NEAR, FAR = fakes.BOB, fakes.CHARLIE


def face(
    place: int,
    color: tuple[int, int, int] = NEAR,
    *,
    match: str | None = None,
    candidate: str | None = None,
) -> MachineFace:
    found = FoundFace(Box(100 * place, 0, 100 * place + 64, 64), fakes.embedding_of(color, place))
    candidates = frozenset({candidate} if candidate else ())
    return MachineFace(
        found, match or candidate, Decision.MATCH if match else Decision.NONE, candidates
    )


def decide(
    *faces: MachineFace,
    taken_from: str | None = None,
    put_to: tuple[str, ...] = ("Bob",),
    settled: Settled | None = None,
) -> list[tuple[str, str | None, int | None]]:
    """Return the answer, the person and the face's place of each photo that was put somewhere."""
    moves = Moves(defaultdict(set), defaultdict(set, {person: {PHOTO} for person in put_to}))
    if taken_from:
        moves.taken[taken_from] = {PHOTO}
    references = np.stack([fakes.embedding_of(NEAR, noise=90)])
    decided = corrections_of(
        moves,
        names={PHOTO: "1.png"},
        faces={PHOTO: faces},
        references=dict.fromkeys((*put_to, "Bob"), references),
        settled=settled or Settled(),
        max_distance=0.44,
        at=now(),
    )
    return [
        (one.answer.value, one.person, None if one.box is None else one.box.left // 100)
        for one in decided
        if one.answer is not Answer.WITHHELD
    ]


@pytest.mark.parametrize(
    ("faces", "meant"),
    [
        ([face(0)], 0),
        ([face(0), face(1, FAR)], 0),
        ([face(0, FAR)], None),
        ([face(0), face(1)], None),
        ([], None),
        ([face(0), face(1, candidate="Bob")], 1),
        ([face(0, candidate="Bob"), face(1, candidate="Bob")], None),
        ([face(0), face(1, match="Bob")], 1),
        ([face(0, match="Dora")], None),
        ([face(0, match="Dora"), face(1)], 1),
    ],
)
def test_a_face_is_meant_if_no_other_can_be(faces: list[MachineFace], meant: int | None) -> None:
    expected = ("given", "Bob", None) if meant is None else ("is", "Bob", meant)
    assert decide(*faces) == [expected]


def test_face_of_the_person_whom_the_photo_was_taken_from_is_free() -> None:
    assert decide(face(0, match="Dora"), taken_from="Dora") == [("is", "Bob", 0)]
    assert decide(face(0, match="Dora"), face(1), taken_from="Dora") == [("given", "Bob", None)]


def test_photo_that_two_people_got_at_once_names_no_face() -> None:
    answers = decide(face(0), put_to=("Bob", "Dora"))
    assert answers == [("given", "Bob", None), ("given", "Dora", None)]


@pytest.mark.parametrize(
    ("answer", "person", "source", "is_out"),
    [
        (Answer.NO_FACE, None, Source.PAGE, True),
        (Answer.IS_NOT, "Bob", Source.PAGE, True),
        (Answer.IS_NOT, "Dora", Source.PAGE, False),
        (Answer.IS, "Dora", Source.PAGE, True),
        (Answer.IS, "Dora", Source.FOLDERS, False),
        (Answer.IS, "Bob", Source.PAGE, False),
    ],
)
def test_face_that_was_decided_otherwise_is_not_meant(
    answer: Answer, person: str | None, source: Source, is_out: bool
) -> None:
    one = face(0)
    known = Correction(PHOTO, "1.png", answer, source, now(), person, one.face.box)
    expected = ("given", "Bob", None) if is_out else ("is", "Bob", 0)
    assert decide(one, settled=settle([known])) == [expected]
