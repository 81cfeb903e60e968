"""What decisions do in a run: for faces, for photos, for other engines, and if they contradict."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

import fakes
from picprocure.faces.types import FoundFace
from picprocure.folders import run
from picprocure.folders.analysis.types import EngineChoice
from picprocure.folders.corrections.entries import parse
from picprocure.folders.corrections.settling import settle
from picprocure.folders.corrections.types import Answer
from picprocure.folders.decisions import CONTESTED, NO_FACE
from picprocure.folders.output.notices import notices
from picprocure.imaging.loaded_image import LoadedImage

from ..conftest import ENGINE, Folders, InProcessWorkers
from .decided import entry, save_as_page

IS, IS_NOT, NO, GIVEN, WITHHELD = Answer


def test_refused_face_is_not_delivered_and_confirmed_face_is(folders: Folders) -> None:
    save_as_page(
        folders,
        entry(folders, "1.png", IS_NOT, "Bob"),
        entry(folders, "3.png", IS, "Charlie"),
    )
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/3.png"]


def test_confirmed_face_belongs_to_no_one_else(folders: Folders) -> None:
    save_as_page(folders, entry(folders, "1.png", IS, "Charlie"))
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/1.png"]


def test_place_without_a_face_brings_no_photo(folders: Folders) -> None:
    save_as_page(folders, entry(folders, "1.png", NO))
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/2.png"]
    assert outcome.photos["1.png"].faces[0].reason == NO_FACE


def test_photo_is_given_and_withheld_whatever_is_in_it(folders: Folders) -> None:
    save_as_page(
        folders,
        entry(folders, "1.png", WITHHELD, "Bob"),
        entry(folders, "3.png", GIVEN, "Charlie"),
    )
    folders.deliver()
    assert folders.output_files() == ["Bob/2.png", "Charlie/3.png"]


def test_confirmed_face_helps_to_find_the_person(folders: Folders) -> None:
    """Dana has no reference that can be used, but her confirmed face is no reason to find more."""
    folders.add_photo("../people/Dana.png", (0, 0, 0))
    folders.add_photo("5.png", fakes.STRANGER, serial=5)
    save_as_page(folders, entry(folders, "1.png", IS, "Dana", place=1))
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png", "Dana/1.png"]


def test_face_of_someone_who_left_goes_to_no_one(folders: Folders) -> None:
    save_as_page(folders, entry(folders, "1.png", IS, "Zoe"))
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/2.png"]
    assert (
        "1 decision is kept but not used, because these people are not in the people folder: Zoe."
        in notices(outcome)
    )


def test_undone_decision_does_not_count(folders: Folders) -> None:
    one = entry(folders, "1.png", WITHHELD, "Bob")
    save_as_page(folders, {**one, "undone": "2026-05-30T15:00:00.000Z"})
    folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]


class ShiftedEngine(fakes.StripeEngine):
    """In photos, it finds the same faces in boxes that share .6 of their union with the others."""

    version = "stripes-2"
    shift = 16

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        return [self._shifted(face) for face in self.find_faces(image)]

    def _shifted(self, face: FoundFace) -> FoundFace:
        box = replace(face.box, left=face.box.left + self.shift, right=face.box.right + self.shift)
        return replace(face, box=box)


class FarEngine(ShiftedEngine):
    """Its boxes share too little with the others."""

    version = "stripes-3"
    shift = 32


def use(engine: type[fakes.StripeEngine], monkeypatch: pytest.MonkeyPatch) -> EngineChoice:
    class Workers(InProcessWorkers):
        def __init__(self, make_engine: object, count: int) -> None:
            self._engine = engine()

    monkeypatch.setattr(run, "Workers", Workers)
    return EngineChoice(engine, engine.version, ENGINE.about)


def test_decisions_hold_with_another_engine(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_as_page(
        folders,
        entry(folders, "1.png", IS_NOT, "Bob"),
        entry(folders, "3.png", IS, "Charlie"),
    )
    outcome, _ = folders.deliver(engine=use(ShiftedEngine, monkeypatch))
    assert folders.output_files() == ["Bob/2.png", "Charlie/3.png"]
    assert outcome.corrections.unbound == []


def test_decisions_about_faces_that_are_not_found_are_listed_and_hold_for_the_photo(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_as_page(
        folders,
        entry(folders, "1.png", IS_NOT, "Bob"),
        entry(folders, "3.png", IS, "Charlie"),
    )
    outcome, _ = folders.deliver(engine=use(FarEngine, monkeypatch))
    assert folders.output_files() == ["Bob/2.png", "Charlie/3.png"]
    assert [one.name for one in outcome.corrections.unbound] == ["1.png", "3.png"]
    assert any(
        said.startswith("2 decisions are about a face that is not found any more, in 1.png, 3.png")
        for said in notices(outcome)
    )


def test_later_decision_from_the_same_source_replaces_the_earlier_one(folders: Folders) -> None:
    save_as_page(
        folders,
        entry(folders, "3.png", IS, "Charlie", minute=1),
        entry(folders, "3.png", IS, "Bob", minute=2),
    )
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png", "Bob/3.png"]
    assert folders.answers() == [("3.png", "is", "Bob")]
    assert outcome.settled.contradictions == ()


OTHER_SOURCE = "folders"


@pytest.mark.parametrize(
    ("page", "hand"),
    [
        (("3.png", IS, "Charlie"), ("3.png", IS, "Bob")),
        (("3.png", IS, "Charlie"), ("3.png", WITHHELD, "Charlie")),
        (("3.png", WITHHELD, "Charlie"), ("3.png", GIVEN, "Charlie")),
        (("3.png", WITHHELD, "Charlie"), ("3.png", IS, "Charlie")),
        (("3.png", IS_NOT, "Charlie"), ("3.png", IS, "Charlie")),
        (("3.png", NO, None), ("3.png", IS, "Charlie")),
    ],
)
@pytest.mark.parametrize("minutes", [(1, 2), (2, 1), (1, 1)])
def test_contradictions_between_sources_are_named_and_deliver_nothing(
    page: tuple[str, Answer, str | None],
    hand: tuple[str, Answer, str | None],
    minutes: tuple[int, int],
    folders: Folders,
) -> None:
    save_as_page(
        folders,
        entry(folders, *page, minute=minutes[0]),
        entry(folders, *hand, minute=minutes[1], source=OTHER_SOURCE),
    )
    for _ in range(2):
        outcome, _ = folders.deliver()
        delivered = [name for name in folders.output_files() if not name.startswith("_review")]
        assert delivered == ["Bob/1.png", "Bob/2.png"]
        assert len(folders.decisions()) == 2
        (said,) = [said for said in notices(outcome) if "contradict" in said]
        assert said.startswith("3.png: you ")
        assert said.endswith("Undo one of them on the page.")


def test_face_of_two_people_is_in_review_for_both(folders: Folders) -> None:
    save_as_page(
        folders,
        entry(folders, "3.png", IS, "Charlie"),
        entry(folders, "3.png", IS, "Bob", source=OTHER_SOURCE),
    )
    outcome, _ = folders.deliver()
    assert folders.output_files() == [
        "Bob/1.png",
        "Bob/2.png",
        "_review/Bob/3.png",
        "_review/Charlie/3.png",
    ]
    assert outcome.photos["3.png"].faces[0].reason == CONTESTED


def test_photo_that_was_put_into_a_folder_is_removed_if_the_page_says_otherwise(
    folders: Folders,
) -> None:
    """Its content is in the photos folder, so nothing is lost."""
    folders.deliver()
    (folders.out / "Charlie/3.png").write_bytes((folders.photos / "3.png").read_bytes())
    save_as_page(folders, entry(folders, "3.png", WITHHELD, "Charlie"))
    outcome, _ = folders.deliver()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png"]
    assert len(outcome.settled.contradictions) == 1


def test_decisions_that_only_seem_to_contradict_both_hold(folders: Folders) -> None:
    """Charlie is not in the photo, and gets it. Bob is the first face, and not the second one."""
    save_as_page(
        folders,
        entry(folders, "1.png", IS_NOT, "Charlie"),
        entry(folders, "1.png", GIVEN, "Charlie", source=OTHER_SOURCE),
        entry(folders, "1.png", IS, "Bob"),
        entry(folders, "1.png", IS_NOT, "Bob", place=1, source=OTHER_SOURCE),
    )
    outcome, _ = folders.deliver()
    assert outcome.settled.contradictions == ()
    assert folders.output_files() == ["Bob/1.png", "Bob/2.png", "Charlie/1.png"]


def test_order_of_files_does_not_matter(folders: Folders) -> None:
    entries = [
        entry(folders, "3.png", IS, "Charlie", minute=1),
        entry(folders, "3.png", IS, "Bob", minute=2),
        entry(folders, "3.png", WITHHELD, "Bob", minute=1, source=OTHER_SOURCE),
        {
            **entry(folders, "3.png", IS, "Charlie", minute=1),
            "undone": "2026-05-30T15:00:00.000Z",
        },
    ]
    import json  # noqa: PLC0415

    def settled(order: tuple[dict[str, object], ...]) -> object:
        corrections, _ = parse(json.dumps({"version": 1, "decisions": order}).encode())
        return settle(corrections)

    assert len({settled(order) for order in permutations(entries)}) == 1
