"""What hosts decide about several faces together holds over everything that may happen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import fakes
from conftest import World, names_for, upload, work_off
from deciding import (
    AFTERWARDS,
    analyze_again,
    another_engine,
    decide,
    decide_group,
    ensure_groups_hold,
    sort_again,
    the_face,
)
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import Face, FaceDecision, GroupDecision, GroupedPlace, Match
from picprocure.recognition.sorting import compute_sorting
from picprocure.retention.erasure import erase_photo, withdraw

Answer = FaceDecision.Answer


def add_photo(world: World, *people: tuple[int, int, int], serial: int) -> Photo:
    photo = upload(world.event, fakes.stripes(*people, serial=serial), f"{serial}.png")
    work_off()
    return photo


@pytest.fixture
def strangers(world: World) -> tuple[Face, Face]:
    """Return the faces of two strangers, alone in their photos."""
    add_photo(world, fakes.STRANGER, serial=1)
    return the_face(Photo.objects.get(name="1.png")), the_face(world.doubtful_photo)


def clusters(*faces: Face) -> list[int | None]:
    for face in faces:
        face.refresh_from_db()
    return [face.cluster for face in faces]


class TestOnePerson:
    @pytest.mark.parametrize("afterwards", AFTERWARDS)
    def test_faces_stay_together(
        self, world: World, strangers: tuple[Face, Face], afterwards: Callable[[World], None]
    ) -> None:
        first, second = clusters(*strangers)
        assert first != second
        decide_group(world, strangers)
        assert len(set(clusters(*strangers))) == 1
        afterwards(world)
        sort_again(world)
        photos = [face.photo for face in strangers]
        assert len(set(clusters(*map(the_face, photos)))) == 1
        ensure_groups_hold(world)

    def test_undo_takes_them_apart(self, world: World, strangers: tuple[Face, Face]) -> None:
        decision = decide_group(world, strangers)
        sort_again(world)
        changes.undo_group_decision(decision, host=world.bob)
        sort_again(world)
        assert len(set(clusters(*strangers))) == 2
        decision.refresh_from_db()
        assert (decision.decided_by, decision.undone_by) == (world.alice, world.bob)

    def test_who_is_named_gets_the_photos_of_all(
        self, world: World, strangers: tuple[Face, Face]
    ) -> None:
        decide_group(world, strangers)
        named = decide(world, strangers[0], Answer.IS, world.charlie)
        sort_again(world)
        assert names_for(world.charlie, world.event) == ["1.png", "doubtful.png"]
        changes.undo_decision(named, host=world.alice)
        sort_again(world)
        assert names_for(world.charlie, world.event) == []


class TestTwoPeople:
    @pytest.fixture
    def bobs(self, world: World) -> tuple[Face, Face]:
        add_photo(world, fakes.BOB, serial=2)
        return the_face(world.bobs_photo), the_face(Photo.objects.get(name="2.png"))

    @pytest.mark.parametrize("afterwards", AFTERWARDS)
    def test_faces_stay_apart(
        self, world: World, bobs: tuple[Face, Face], afterwards: Callable[[World], None]
    ) -> None:
        assert len(set(clusters(*bobs))) == 1
        decide_group(world, bobs[:1], bobs[1:])
        assert len(set(clusters(*bobs))) == 2
        afterwards(world)
        sort_again(world)
        ensure_groups_hold(world)
        delivered = {"bob.png", "2.png"} & set(names_for(world.bob, world.event))
        assert len(delivered) == 1

    def test_what_one_is_the_other_is_not(self, world: World, bobs: tuple[Face, Face]) -> None:
        decide_group(world, bobs[1:], bobs[:1])
        decide(world, bobs[1], Answer.IS, world.bob)
        sort_again(world)
        names = names_for(world.bob, world.event)
        assert "2.png" in names
        assert "bob.png" not in names

    def test_other_engine_does_not_keep_what_follows_from_it(
        self, world: World, bobs: tuple[Face, Face]
    ) -> None:
        """It keeps delivered photos otherwise."""
        decide_group(world, bobs[:1], bobs[1:])
        decide(world, bobs[0], Answer.IS, world.bob)
        with another_engine():
            analyze_again(world)
            sort_again(world)
            assert "2.png" not in names_for(world.bob, world.event)

    def test_sorting_that_did_not_know_of_it_changes_no_match(
        self, world: World, bobs: tuple[Face, Face]
    ) -> None:
        Match.objects.filter(face__in=bobs).delete()
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        decide_group(world, bobs[:1], bobs[1:])
        assert write_sorting(computed, is_claimed=lambda: True)
        assert not Match.objects.filter(face__in=bobs).exists()
        work_off()
        ensure_groups_hold(world)


class TestOtherEngine:
    """It keeps matches that it can't decide again, but not against what hosts said."""

    def keep_matches(self, world: World) -> None:
        """Let another engine find no face that it could compare."""
        with another_engine(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(fakes.StripeEngine, "search_photo", lambda *_: [])
            analyze_again(world)
            for _ in range(2):
                sort_again(world)

    def test_two_people(self, world: World) -> None:
        add_photo(world, fakes.BOB, serial=2)
        shown = [the_face(world.bobs_photo), the_face(Photo.objects.get(name="2.png"))]
        decide_group(world, shown[:1], shown[1:])
        self.keep_matches(world)
        assert len({"bob.png", "2.png"} & set(names_for(world.bob, world.event))) <= 1
        assert "shared.png" in names_for(world.bob, world.event)

    def test_one_person(self, world: World) -> None:
        add_photo(world, fakes.CHARLIE, serial=2)
        assert names_for(world.charlie, world.event) == ["2.png"]
        shown = [the_face(world.bobs_photo), the_face(Photo.objects.get(name="2.png"))]
        decide_group(world, shown)
        self.keep_matches(world)
        assert not (
            "2.png" in names_for(world.charlie, world.event)
            and "bob.png" in names_for(world.bob, world.event)
        )


def test_undo_takes_photos_back_that_can_not_be_analyzed_again(
    world: World, strangers: tuple[Face, Face]
) -> None:
    """Matches in such photos are kept, but not those that only the decision made."""
    decision = decide_group(world, strangers)
    decide(world, strangers[0], Answer.IS, world.charlie)
    sort_again(world)
    Photo.objects.filter(pk=strangers[1].photo_id).update(status=Photo.Status.FAILED)
    sort_again(world)
    assert names_for(world.charlie, world.event) == ["1.png", "doubtful.png"]
    changes.undo_group_decision(decision, host=world.alice)
    sort_again(world)
    assert names_for(world.charlie, world.event) == ["1.png"]


class TestContradictions:
    def test_two_people_can_not_be_one(self, world: World, strangers: tuple[Face, Face]) -> None:
        decide(world, strangers[0], Answer.IS, world.charlie)
        decide(world, strangers[1], Answer.IS, world.bob)
        with pytest.raises(DecisionRefused, match="contradicts"):
            decide_group(world, strangers)
        assert not GroupDecision.objects.exists()

    def test_who_is_apart_can_not_be_together(
        self, world: World, strangers: tuple[Face, Face]
    ) -> None:
        decide_group(world, strangers[:1], strangers[1:])
        with pytest.raises(DecisionRefused, match="contradicts"):
            decide_group(world, strangers)

    @pytest.mark.parametrize("answer", [Answer.IS, Answer.IS_NOT])
    def test_one_person_can_not_be_two(
        self, world: World, strangers: tuple[Face, Face], answer: FaceDecision.Answer
    ) -> None:
        decide_group(world, strangers)
        decide(world, strangers[0], Answer.IS, world.charlie)
        person = world.bob if answer == Answer.IS else world.charlie
        with pytest.raises(DecisionRefused, match="contradicts"):
            decide(world, strangers[1], answer, person)
        assert FaceDecision.objects.count() == 1

    def test_group_needs_two_faces_that_are_there(
        self, world: World, strangers: tuple[Face, Face]
    ) -> None:
        with pytest.raises(DecisionRefused, match="two faces"):
            decide_group(world, strangers[:1])
        Face.objects.filter(pk=strangers[1].pk).update(is_superseded=True)
        with pytest.raises(DecisionRefused, match="checked again"):
            decide_group(world, strangers)


def test_withdrawal_forgets_where_the_person_was(world: World) -> None:
    add_photo(world, fakes.BOB, serial=2)
    shown = the_face(world.bobs_photo), the_face(Photo.objects.get(name="2.png"))
    decide_group(world, [*shown, the_face(world.doubtful_photo)])
    decide_group(world, shown)
    withdraw(world.bob)
    assert GroupedPlace.objects.get().photo == world.doubtful_photo
    assert GroupDecision.objects.count() == 1


def test_withdrawal_forgets_places_that_no_face_is_bound_to(world: World) -> None:
    """The boxes of two engines can differ by more than half."""
    decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
    for place in GroupedPlace.objects.filter(photo=world.bobs_photo):
        place.bottom = place.top + (place.bottom - place.top) * 2 // 5
        place.save()
    withdraw(world.bob)
    assert GroupedPlace.objects.get().photo == world.doubtful_photo


def test_nothing_is_said_about_faces_of_a_person_who_withdrew(world: World) -> None:
    """The page may have been open since before the withdrawal."""
    shown = [the_face(world.bobs_photo), the_face(world.doubtful_photo)]
    withdraw(world.bob)
    with pytest.raises(DecisionRefused, match="checked again"):
        decide_group(world, shown)
    assert not GroupedPlace.objects.exists()


def test_place_ends_with_its_photo(world: World, strangers: tuple[Face, Face]) -> None:
    decide_group(world, strangers)
    erase_photo(strangers[0].photo)
    assert GroupedPlace.objects.count() == 1
    sort_again(world)
