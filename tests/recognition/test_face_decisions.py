"""What hosts decide about faces takes effect at once, and every later sorting honors it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

import fakes
from conftest import World, names_for, new_user, take_part, work_off
from deciding import (
    AFTERWARDS,
    analyze_again,
    another_engine,
    decide,
    decide_group,
    delete_matches,
    ensure_groups_hold,
    sort_again,
    the_face,
)
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.accounts.models import User
from picprocure.events.models import Event, EventConsent, Registration
from picprocure.events.services import EventDetails, create_event
from picprocure.faces.matching.types import Decision, FaceMatch
from picprocure.galleries.access import photos_visible_to
from picprocure.photos.models import Photo
from picprocure.pipeline import account_changes, changes
from picprocure.recognition import match_changes
from picprocure.recognition.face_decisions import DecisionRefused
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import (
    Collision,
    Face,
    FaceDecision,
    FaceToCompare,
    GroupDecision,
    Match,
    MatchedFace,
)
from picprocure.recognition.sorting import ComputedSorting, compute_sorting
from picprocure.recognition.standing_decisions import decisions_about, unbound_decisions
from picprocure.retention.erasure import withdraw

Answer = FaceDecision.Answer
IS, IS_NOT, NO_FACE = Answer.IS, Answer.IS_NOT, Answer.NO_FACE


class TestEffect:
    def test_photo_is_taken_away_at_once(self, world: World) -> None:
        assert "bob.png" in names_for(world.bob, world.event)
        decide(world, the_face(world.bobs_photo), IS_NOT, world.bob)
        assert names_for(world.bob, world.event) == ["shared.png"]

    def test_photo_is_given_at_once(self, world: World) -> None:
        assert names_for(world.charlie, world.event) == []
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        assert names_for(world.charlie, world.event) == ["bob.png"]
        assert "bob.png" not in names_for(world.bob, world.event)
        assert MatchedFace.objects.filter(user=world.charlie, face=face).exists()

    def test_photo_is_taken_away_and_nothing_follows_for_others(self, world: World) -> None:
        registration = world.event.registrations.get(user=world.bob)
        changes.share_manually(registration=registration, photos=[world.bobs_photo])
        decision = decide(world, the_face(world.bobs_photo), Answer.WITHHELD, world.bob)
        for _ in range(2):
            assert names_for(world.bob, world.event) == ["shared.png"]
            analyze_again(world)
            sort_again(world)
        changes.undo_decision(decision, host=world.alice)
        sort_again(world)
        assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]

    def test_what_is_no_face_is_matched_with_no_one(self, world: World) -> None:
        decide(world, the_face(world.bobs_photo), NO_FACE, None)
        assert "bob.png" not in names_for(world.bob, world.event)
        sort_again(world)
        assert "bob.png" not in names_for(world.bob, world.event)

    @pytest.mark.parametrize("afterwards", AFTERWARDS)
    @pytest.mark.parametrize("answer", [IS, IS_NOT, NO_FACE])
    def test_decision_holds_after_everything(
        self, world: World, answer: FaceDecision.Answer, afterwards: Callable[[World], None]
    ) -> None:
        person = {IS: world.charlie, IS_NOT: world.bob, NO_FACE: None}[answer]
        decide(world, the_face(world.bobs_photo), answer, person)
        for _ in range(2):
            afterwards(world)
            sort_again(world)
            assert "bob.png" not in names_for(world.bob, world.event)
            assert ("bob.png" in names_for(world.charlie, world.event)) is (answer == IS)
            is_kept = answer != IS_NOT  # its face is nearly the same
            assert ("shared.png" in names_for(world.bob, world.event)) is is_kept

    @pytest.mark.parametrize("answer", [IS, IS_NOT, NO_FACE])
    def test_decision_holds_with_another_engine(
        self, world: World, answer: FaceDecision.Answer
    ) -> None:
        person = {IS: world.charlie, IS_NOT: world.bob, NO_FACE: None}[answer]
        decide(world, the_face(world.bobs_photo), answer, person)
        with another_engine():
            for _ in range(3):
                sort_again(world)
        assert set(Photo.objects.values_list("engine_version", flat=True)) == {"stripes-2"}
        assert "bob.png" not in names_for(world.bob, world.event)
        assert ("bob.png" in names_for(world.charlie, world.event)) is (answer == IS)

    def test_sorting_that_began_before_the_decision_does_not_undo_it(self, world: World) -> None:
        Match.objects.all().delete()
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        assert write_sorting(computed, is_claimed=lambda: True)
        assert names_for(world.bob, world.event) == ["shared.png"]
        assert names_for(world.charlie, world.event) == ["bob.png"]


class TestSortingInFlight:
    """A sorting was computed before a decision, and is written after it."""

    def test_doubt_does_not_replace_a_confirmed_match(self, world: World) -> None:
        face = reviewed_face(world)
        computed = doubting(world, face)
        decide(world, face, IS, world.bob)
        assert write_sorting(computed, is_claimed=lambda: True)
        assert world.doubtful_photo.name in names_for(world.bob, world.event)

    def test_doubt_of_a_face_without_a_match_does_not_stop_the_sorting(self, world: World) -> None:
        face = reviewed_face(world)
        computed = doubting(world, face)
        Match.objects.filter(face=face).delete()
        first, *_ = match_changes._steps(computed)
        decide(world, face, IS, world.bob)
        with transaction.atomic():
            first()
        assert world.doubtful_photo.name in names_for(world.bob, world.event)

    def test_match_that_a_host_confirmed_again_does_not_stop_the_sorting(
        self, world: World
    ) -> None:
        """It ended in between, for example since the person replaced a reference."""
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        Match.objects.filter(registration__user=world.charlie).delete()
        first, *_ = match_changes._steps(computed)
        decide(world, face, IS, world.charlie)
        with transaction.atomic():
            first()
        assert names_for(world.charlie, world.event) == ["bob.png"]

    def test_match_that_a_host_took_back_is_not_written(self, world: World) -> None:
        decision = decide(world, the_face(world.bobs_photo), IS, world.charlie)
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        changes.undo_decision(decision, host=world.alice)
        assert write_sorting(computed, is_claimed=lambda: True)
        assert names_for(world.charlie, world.event) == []

    @pytest.mark.parametrize("take_back", [True, False])
    def test_match_by_a_face_that_a_host_took_back_is_not_written(
        self, world: World, take_back: bool
    ) -> None:
        """Other faces were found by the face that was confirmed."""
        decision = decide(world, the_face(world.bobs_photo), IS, world.charlie)
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        strangers = Face.objects.filter(photo=world.strangers_photo).first()
        computed = with_match(computed, world, strangers, world.charlie, "match")
        if take_back:
            changes.undo_decision(decision, host=world.alice)
        assert write_sorting(computed, is_claimed=lambda: True)
        assert ("strangers.png" in names_for(world.charlie, world.event)) is not take_back

    @pytest.mark.parametrize("answer", [IS, IS_NOT, NO_FACE])
    def test_match_of_a_photo_that_was_analyzed_again_before_the_decision_is_not_written(
        self, world: World, answer: FaceDecision.Answer
    ) -> None:
        person = {IS: world.charlie, IS_NOT: world.bob, NO_FACE: None}[answer]
        computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
        analyze_again(world)
        decide(world, the_face(world.bobs_photo), answer, person)
        assert write_sorting(computed, is_claimed=lambda: True)
        assert "bob.png" not in names_for(world.bob, world.event)

    def test_nothing_of_a_decision_is_undone_by_the_next_sorting(self, world: World) -> None:
        face = reviewed_face(world)
        computed = doubting(world, face)
        decide(world, face, IS, world.bob)
        write_sorting(computed, is_claimed=lambda: True)
        sort_again(world)
        assert world.doubtful_photo.name in names_for(world.bob, world.event)
        assert not Match.objects.filter(face=face).exclude(registration__user=world.bob).exists()


def reviewed_face(world: World) -> Face:
    return the_face(world.doubtful_photo)


def doubting(world: World, face: Face) -> ComputedSorting:
    """Return a sorting that doubts that a face is Bob's."""
    computed = compute_sorting(world.event, engine_version=fakes.StripeEngine.version)
    return with_match(computed, world, face, world.bob, "review")


def with_match(
    computed: ComputedSorting, world: World, face: Face | None, user: User, decision: str
) -> ComputedSorting:
    """Return a sorting with one more match."""
    assert face is not None
    key = world.event.registrations.get(user=user).pk
    row = computed.faces.keys.index(face.pk)
    match = FaceMatch(row, key, Decision(decision), 0.5, 0.48, "as computed")
    matches = [*computed.result.matches, match]
    return replace(computed, result=replace(computed.result, matches=matches))


class TestUndo:
    def test_machine_decides_again(self, world: World) -> None:
        for answer, person in ((IS_NOT, world.bob), (NO_FACE, None), (IS, world.charlie)):
            decision = decide(world, the_face(world.bobs_photo), answer, person)
            changes.undo_decision(decision, host=world.alice)
            assert names_for(world.charlie, world.event) == []
            sort_again(world)
            assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]

    @pytest.mark.parametrize("mistake", [IS, NO_FACE])
    def test_what_the_undone_decision_replaced_stands_again(
        self, world: World, mistake: FaceDecision.Answer
    ) -> None:
        face = the_face(world.bobs_photo)
        decide(world, face, IS_NOT, world.bob)
        decide(world, face, IS_NOT, world.charlie)
        sort_again(world)
        wrong = decide(world, face, mistake, world.bob if mistake == IS else None)
        changes.undo_decision(wrong, host=world.alice)
        for _ in range(2):
            assert "bob.png" not in names_for(world.bob, world.event)
            sort_again(world)
        standing = {(one.answer, one.user) for one in decisions_about(face)}
        assert standing == {(IS_NOT, world.bob), (IS_NOT, world.charlie)}

    def test_person_gets_back_what_a_mistake_took_away(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        wrong = decide(world, face, NO_FACE, None)
        changes.undo_decision(wrong, host=world.alice)
        sort_again(world)
        assert names_for(world.charlie, world.event) == ["bob.png"]

    def test_what_contradicts_a_later_decision_does_not_stand_again(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        refusal = decide(world, face, IS_NOT, world.charlie)
        decide(world, face, IS, world.bob)
        changes.undo_decision(refusal, host=world.alice)
        assert [(one.answer, one.user) for one in decisions_about(face)] == [(IS, world.bob)]

    def test_same_answer_twice_is_one_decision(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        for answer, person in ((IS, world.charlie), (IS_NOT, world.bob)):
            first = decide(world, face, answer, person)
            again = decide(world, face, answer, person)
            assert first == again
        decide(world, face, NO_FACE, None)
        assert decide(world, face, NO_FACE, None) == FaceDecision.objects.last()
        assert FaceDecision.objects.count() == 3

    def test_hosts_see_who_decided_what(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        decision = decide(world, face, IS_NOT, world.bob)
        changes.undo_decision(decision, host=world.alice)
        changes.undo_decision(decision, host=world.charlie)  # too late
        decision.refresh_from_db()
        assert (decision.decided_by, decision.undone_by) == (world.alice, world.alice)
        assert decision.undone_at is not None
        assert decisions_about(face) == []

    def test_new_answer_replaces_those_that_it_contradicts(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        for answer, person in ((IS, world.charlie), (IS_NOT, world.bob), (IS_NOT, world.charlie)):
            decide(world, face, answer, person)
        standing = {(one.answer, one.user) for one in decisions_about(face)}
        assert standing == {(IS_NOT, world.bob), (IS_NOT, world.charlie)}
        decide(world, face, NO_FACE, None)
        assert [one.answer for one in decisions_about(face)] == [NO_FACE]
        decide(world, face, IS, world.bob)
        assert [(one.answer, one.user) for one in decisions_about(face)] == [(IS, world.bob)]
        assert FaceDecision.objects.count() == 5


class TestPeople:
    @pytest.mark.parametrize(
        "why",
        [
            *("refused", "pending", "no consent", "stranger", "no photo"),
            *("collision", "kept photos", "not compared"),
        ],
    )
    def test_face_is_not_given_to_people_who_are_not_searched_for(
        self, full_world: World, why: str
    ) -> None:
        face = the_face(full_world.bobs_photo)
        registration = full_world.event.registrations.get(user=full_world.charlie)
        if why == "stranger":
            registration = take_part(full_world.charlie, another_event(full_world.alice))
        elif why == "no photo":
            full_world.charlie.references.all().delete()
        elif why == "no consent":
            registration.consent.delete()
        elif why in ("collision", "kept photos"):
            Collision.objects.create(
                event=full_world.event,
                newcomer=full_world.charlie,
                other=full_world.bob,
                keeps_photos=why == "kept photos",
            )
        elif why == "not compared":
            FaceToCompare.objects.create(
                registration=registration, reference=full_world.charlie.references.get()
            )
        else:
            registration.status = {"refused": "blocked", "pending": "pending"}[why]
            registration.save()
        with pytest.raises(DecisionRefused, match=r"another event|by hand"):
            changes.decide_about_face(
                face=face, answer=IS, registration=registration, host=full_world.alice
            )
        assert not FaceDecision.objects.exists()

    def test_person_who_is_refused_later_keeps_nothing(self, world: World) -> None:
        decide(world, the_face(world.bobs_photo), IS, world.charlie)
        changes.refuse(world.event.registrations.get(user=world.charlie))
        for _ in range(2):
            assert names_for(world.charlie, world.event) == []
            sort_again(world)

    def test_unreleased_photo_is_seen_once_it_is_released(self, full_world: World) -> None:
        world = full_world
        assert world.unreleased_photo is not None
        for face in Face.objects.current().filter(photo=world.unreleased_photo):
            decide(world, face, IS, world.charlie)
        sort_again(world)
        assert names_for(world.charlie, world.event) == []
        Photo.objects.update(waits_for_release=False)
        assert names_for(world.charlie, world.event) == ["unreleased.png"]

    @pytest.mark.parametrize("afterwards", [None, delete_matches, analyze_again, sort_again])
    def test_withdrawal_deletes_what_was_decided_about_the_person(
        self, world: World, afterwards: Callable[[World], None] | None
    ) -> None:
        decide(world, the_face(world.bobs_photo), IS, world.charlie)
        decide(world, the_face(world.doubtful_photo), IS_NOT, world.bob)
        if afterwards:
            afterwards(world)
        withdraw(world.charlie)
        assert [one.user for one in FaceDecision.objects.all()] == [world.bob]
        assert the_face(world.bobs_photo).embedding is None
        sort_again(world)
        assert names_for(world.charlie, world.event) == []

    def test_face_comes_back_only_with_a_person_who_is_approved_again(self, world: World) -> None:
        decide(world, the_face(world.bobs_photo), IS, world.charlie)
        changes.leave_event(event=world.event, user=world.charlie)
        registration = Registration.objects.create(
            event=world.event, user=world.charlie, status="pending"
        )
        EventConsent.objects.create(
            registration=registration, version=EVENT_CONSENT.version, text=""
        )
        sort_again(world)
        assert not Match.objects.filter(registration=registration).exists()
        references = list(world.charlie.references.values_list("pk", flat=True))
        changes.admit(registration=registration, reference_ids=references)
        work_off()
        assert names_for(world.charlie, world.event) == ["bob.png"]
        changes.refuse(registration)
        sort_again(world)
        assert names_for(world.charlie, world.event) == []
        assert not Match.objects.filter(registration=registration).exists()

    def test_deleted_account_is_not_named(self, world: World) -> None:
        decide(world, the_face(world.bobs_photo), IS_NOT, world.charlie)
        account_changes.delete_account(world.charlie)
        assert not FaceDecision.objects.exists()

    def test_face_stays_with_a_person_who_left(self, world: World) -> None:
        """No one else gets it, and it comes back with the person."""
        face = the_face(world.bobs_photo)
        decide(world, face, IS, world.charlie)
        changes.leave_event(event=world.event, user=world.charlie)
        sort_again(world)
        assert "bob.png" not in names_for(world.bob, world.event)


class TestAnalysis:
    def test_kept_match_does_not_move_to_a_face_that_is_not_the_persons(self, world: World) -> None:
        """The boxes of two engines can differ by more than half."""
        for answer in (IS_NOT, NO_FACE):
            face, earlier = the_face(world.bobs_photo), the_face(world.bobs_photo)
            match = face.matches.get()
            earlier.pk, earlier.is_superseded, earlier.embedding = None, True, b""
            earlier.engine_version = "stripes-0"
            earlier.bottom = earlier.top + (face.bottom - face.top) * 2 // 5
            earlier.save()
            match.face, match.engine_version = earlier, "stripes-0"
            match.save()
            decision = decide(world, face, answer, world.bob if answer == IS_NOT else None)
            for _ in range(2):
                sort_again(world)
                assert "bob.png" not in names_for(world.bob, world.event)
            changes.undo_decision(decision, host=world.alice)
            sort_again(world)

    def test_face_that_was_replaced_since_then_is_not_decided_about(self, world: World) -> None:
        """Otherwise the decision could be about another place of a photo that was turned."""
        face = the_face(world.bobs_photo)
        analyze_again(world)
        for answer, person in ((IS, world.charlie), (IS_NOT, world.bob), (NO_FACE, None)):
            with pytest.raises(DecisionRefused, match="again"):
                decide(world, face, answer, person)
        assert not FaceDecision.objects.exists()

    def test_refusal_wins_over_a_confirmation_of_the_same_place(self, world: World) -> None:
        """Two faces that were decided about may become one."""
        face = the_face(world.bobs_photo)
        place = {side: getattr(face, side) for side in ("left", "top", "right", "bottom")}
        decide(world, face, IS, world.charlie)
        place |= {"photo": world.bobs_photo, "event": world.event}
        FaceDecision.objects.create(answer=IS_NOT, user=world.charlie, **place)
        for _ in range(2):
            sort_again(world)
            assert names_for(world.charlie, world.event) == []
            delete_matches(world)
        FaceDecision.objects.filter(answer=IS_NOT).update(answer=NO_FACE, user=None)
        sort_again(world)
        assert names_for(world.charlie, world.event) == []

    def test_face_that_was_confirmed_for_two_people_goes_to_neither(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        place = {side: getattr(face, side) for side in ("left", "top", "right", "bottom")}
        decide(world, face, IS, world.charlie)
        place |= {"photo": world.bobs_photo, "event": world.event}
        FaceDecision.objects.create(answer=IS, user=world.bob, **place)
        sort_again(world)
        for user in (world.bob, world.charlie):
            assert "bob.png" not in names_for(user, world.event)

    def test_photo_and_person_that_are_gone_are_no_errors(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        registration = world.event.registrations.get(user=world.charlie)
        changes.leave_event(event=world.event, user=world.charlie)
        with pytest.raises(DecisionRefused, match="Charlie Example left the event"):
            changes.decide_about_face(
                face=face, answer=IS, registration=registration, host=world.alice
            )
        world.bobs_photo.delete()
        with pytest.raises(DecisionRefused, match="deleted"):
            decide(world, face, NO_FACE, None)


def test_decision_about_a_face_that_is_not_found_any_more_is_listed(world: World) -> None:
    decision = decide(world, the_face(world.bobs_photo), IS_NOT, world.bob)
    assert unbound_decisions(world.event) == []
    Face.objects.filter(photo=world.bobs_photo).update(left=9_000, right=9_100)
    assert unbound_decisions(world.event) == [decision]


@pytest.mark.parametrize("seed", range(8))
def test_random_decisions_always_hold(full_world: World, seed: int) -> None:
    """Among withdrawals, refusals and sortings in any order."""
    world, chosen = full_world, random.Random(seed)
    people = [world.bob, world.charlie, new_guest(world)]
    for _ in range(12):
        step = chosen.choice([*Answer.values, "group", "undo", "undo", "sort", "analyze", "refuse"])
        faces = list(Face.objects.current().filter(photo__event=world.event))
        face = chosen.choice(faces)
        try:
            if step in Answer.values:
                person = None if step == NO_FACE else chosen.choice(people)
                decide(world, face, Answer(step), person)
            elif step == "group":
                one, other, third = chosen.sample(faces, 3)
                decide_group(world, [one, other], [third] if chosen.random() < 0.5 else [])
            elif step == "undo" and (standing := list(FaceDecision.objects.standing())):
                changes.undo_decision(chosen.choice(standing), host=world.alice)
            elif step == "undo" and (groups := list(GroupDecision.objects.standing())):
                changes.undo_group_decision(chosen.choice(groups), host=world.alice)
            elif step == "sort":
                sort_again(world)
            elif step == "analyze":
                analyze_again(world)
            elif step == "refuse" and chosen.random() < 0.3:
                changes.refuse(world.event.registrations.get(user=chosen.choice(people)))
        except DecisionRefused:
            pass
        ensure_decisions_hold(world, people)
    sort_again(world)
    ensure_decisions_hold(world, people)
    ensure_groups_hold(world)
    before = set(Match.objects.values_list("registration", "face", "status"))
    sort_again(world)
    assert set(Match.objects.values_list("registration", "face", "status")) == before


def new_guest(world: World) -> User:
    user, close = new_user("zoe", fakes.DORA), world.event.registration_closes_at
    world.event.registration_closes_at = timezone.now() + timedelta(minutes=1)
    world.event.save()
    take_part(user, world.event)
    world.event.registration_closes_at = close
    world.event.save()
    return user


def another_event(creator: User) -> Event:
    return create_event(
        creator=creator,
        details=EventDetails(name="Picnic"),
        closes_at=timezone.now() + timedelta(hours=1),
    )


def ensure_decisions_hold(world: World, people: list[User]) -> None:
    for user in people:
        admitted = world.event.registrations.get(user=user).status == "admitted"
        photos = set(photos_visible_to(user, world.event).values_list("pk", flat=True))
        assert admitted or not photos
    for one in FaceDecision.objects.standing():
        for match in Match.objects.filter(face__photo=one.photo_id, status="match"):
            if one not in decisions_about(match.face):
                continue
            assert one.answer != NO_FACE
            assert (match.registration.user == one.user) is (one.answer == IS)
