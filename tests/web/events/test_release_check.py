"""Hosts judge thirty pairs before a release, and see an estimate with its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import fakes
from conftest import World, names_for, text_of, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, Event, EventConsent
from picprocure.faces.checked_pairs import PAIRS, PairKind, shares
from picprocure.faces.thresholds import Thresholds
from picprocure.pipeline import changes
from picprocure.pipeline.trials import try_sorting
from picprocure.recognition.models import CheckedPair, Face, FaceDecision, ReleaseCheck
from picprocure.recognition.sorting import event_thresholds
from picprocure.recognition.sorting_memory import MEMORY
from picprocure.recognition.withdrawal import withdraw
from picprocure.retention.erasure import erase_photo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    MEMORY.forget()
    yield
    MEMORY.forget()


@pytest.fixture
def checked(world: World) -> World:
    """Add two photos of Charlie, and a check of Alice."""
    for serial in range(2):
        upload(world.event, fakes.stripes(fakes.CHARLIE, serial=serial), f"{serial}.png")
    work_off()
    begin(world)
    return world


def begin(world: World, persona: str = "alice") -> None:
    world.client(persona).post(reverse("events:begin_check", args=[world.event.pk]))
    try_sorting(world.event.pk)


def page_of(world: World, persona: str = "alice") -> str:
    answer = world.client(persona).get(reverse("events:check", args=[world.event.pk]))
    assert answer.status_code == 200
    return text_of(answer.content)


def pair_on(page: str) -> int:
    found = re.search(r'name="pair" value="(\d+)"> <button class="btn btn-primary"', page)
    assert found
    return int(found[1])


def judge(world: World, answer: str, pair: int | None = None, persona: str = "alice") -> Any:
    pair = pair or pair_on(page_of(world, persona))
    address = reverse("events:judge", args=[world.event.pk])
    return world.client(persona).post(address, {"pair": pair, "answer": answer}, follow=True)


def undo(world: World, pair: CheckedPair) -> None:
    address = reverse("events:undo_judge", args=[world.event.pk])
    world.client("alice").post(address, {"pair": pair.pk})


class TestChoosing:
    def test_host_begins_a_check_and_sees_the_first_pair(self, world: World) -> None:
        work_off()
        assert "Start the check" in page_of(world)
        world.client("alice").post(reverse("events:begin_check", args=[world.event.pk]))
        assert "Choosing the pairs" in page_of(world)
        try_sorting(world.event.pk)
        assert "1 of 2: is this Bob Example?" in page_of(world)

    def test_loading_again_shows_the_same_pairs(self, checked: World) -> None:
        pages = {pair_on(page_of(checked)) for _ in range(3)}
        assert len(pages) == 1
        try_sorting(checked.event.pk)
        assert pair_on(page_of(checked)) in pages

    def test_job_that_runs_twice_draws_once(self, checked: World) -> None:
        changes.compare_strictness(checked.event)
        try_sorting(checked.event.pk)
        assert CheckedPair.objects.count() == 4

    def test_what_hosts_decided_is_not_drawn(self, world: World) -> None:
        registration = world.event.registrations.get(user=world.bob)
        face = Face.objects.get(photo=world.bobs_photo)
        changes.decide_about_face(
            face=face,
            answer=FaceDecision.Answer.IS,
            registration=registration,
            host=world.alice,
        )
        work_off()
        begin(world)
        assert [pair.photo for pair in CheckedPair.objects.all()] == [world.shared_photo]

    def test_only_unreleased_photos_if_there_are_any(self, full_world: World) -> None:
        work_off()
        begin(full_world)
        assert ReleaseCheck.objects.get().is_of_unreleased
        assert {pair.photo for pair in CheckedPair.objects.all()} == {full_world.unreleased_photo}

    def test_large_strata_are_drawn_in_part(self, world: World) -> None:
        for serial in range(1, 41):
            upload(world.event, fakes.stripes(fakes.BOB, serial=serial), f"{serial}.png")
        work_off()
        begin(world)
        check = ReleaseCheck.objects.get()
        assert sum(check.sizes.values()) == 42
        assert sum(check.drawn.values()) == CheckedPair.objects.count() == PAIRS
        assert [pair.position for pair in check.pairs.all()] == list(range(PAIRS))
        client = world.client("alice")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("events:check", args=[world.event.pk]))
        assert len(queries) <= 15, [row["sql"][:150] for row in queries]

    def test_nothing_to_judge(self, world: World) -> None:
        world.event.registrations.all().delete()
        changes.sort_again(world.event.pk)
        work_off()
        begin(world)
        assert "There is nothing to judge" in page_of(world)

    def test_two_clicks_begin_one_check(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second request doesn't see the first one's check before it stores its own."""
        delete = QuerySet.delete

        def and_begin_elsewhere(rows: Any) -> Any:
            deleted = delete(rows)
            if rows.model is ReleaseCheck:
                ReleaseCheck(event=world.event, host=world.alice).save()
            return deleted

        monkeypatch.setattr(QuerySet, "delete", and_begin_elsewhere)
        changes.begin_check(event=world.event, host=world.alice)
        assert ReleaseCheck.objects.count() == 1

    def test_check_has_the_strictness_that_its_pairs_were_found_with(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work_off()

        def while_a_host_chooses(event: Event, engine_version: str) -> Thresholds:
            changes.change_strictness(event=event, strictness=2)
            return event_thresholds(event, engine_version)

        monkeypatch.setattr("picprocure.pipeline.trials.event_thresholds", while_a_host_chooses)
        begin(world)
        assert ReleaseCheck.objects.get().of_strictness == 0

    @pytest.mark.parametrize("ends", ["withdrawal", "photo"])
    def test_nothing_is_stored_about_what_was_deleted_while_pairs_were_drawn(
        self, world: World, monkeypatch: pytest.MonkeyPatch, ends: str
    ) -> None:
        work_off()

        def after_the_end(sizes: Any) -> Any:
            if ends == "withdrawal":
                withdraw(user=world.bob)
            else:
                erase_photo(world.bobs_photo)
            return shares(sizes)

        monkeypatch.setattr("picprocure.recognition.release_checks.shares", after_the_end)
        begin(world)
        left = [pair.photo for pair in CheckedPair.objects.all()]
        assert left == ([] if ends == "withdrawal" else [world.shared_photo])
        assert ReleaseCheck.objects.get().drawn_at


class TestAnswers:
    def test_answers_lead_to_the_upper_bound_and_never_to_0_percent(self, checked: World) -> None:
        for number in range(4):
            page = page_of(checked)
            assert f"{number + 1} of 4: is this" in page
            judge(checked, "same" if number else "unclear")
        page = page_of(checked)
        assert "You saw no wrong photo. Of 4 photos, up to <strong>1</strong> (25 %)" in page
        assert "No other face is near one of your guests." in page

    def test_wrong_photo_is_taken_away_at_once_and_counts_as_it_was(self, checked: World) -> None:
        pairs = list(CheckedPair.objects.select_related("registration__user", "photo"))
        for pair in pairs:
            is_wrong = pair.photo == checked.bobs_photo
            judge(checked, "other" if is_wrong else "same", pair.pk)
        assert names_for(checked.bob, checked.event) == ["shared.png"]
        work_off()
        assert names_for(checked.bob, checked.event) == ["shared.png"]
        page = page_of(checked)
        assert "Of 4 photos, about <strong>1</strong> may be with the wrong person" in page
        assert "The one that you found is corrected already" in page

    def test_undo_gives_the_photo_back(self, checked: World) -> None:
        pair = CheckedPair.objects.get(photo=checked.bobs_photo)
        judge(checked, "other", pair.pk)
        undo(checked, pair)
        work_off()
        assert names_for(checked.bob, checked.event) == ["bob.png", "shared.png"]
        pair.refresh_from_db()
        assert (pair.answer, pair.decision) == ("", None)

    def test_not_knowing_decides_nothing(self, checked: World) -> None:
        judge(checked, "unclear")
        assert not FaceDecision.objects.exists()

    def test_only_unclear_answers_tell_nothing(self, checked: World) -> None:
        for pair in CheckedPair.objects.all():
            judge(checked, "unclear", pair.pk)
        page = page_of(checked)
        assert "You couldn't tell enough pairs. Of 4 photos, at least 0 and at most" in page
        assert "None" not in page

    def test_answer_counts_though_nothing_can_be_decided(self, checked: World) -> None:
        pair = CheckedPair.objects.get(photo=checked.bobs_photo)
        checked.event.registrations.filter(user=checked.bob).update(status="pending")
        assert "searched for" in text_of(judge(checked, "same", pair.pk).content)
        pair.refresh_from_db()
        assert (pair.answer, pair.decision) == ("same", None)

    def test_second_click_and_a_stale_page_change_no_answer(self, checked: World) -> None:
        pair = CheckedPair.objects.get(photo=checked.bobs_photo)
        for answer in ("other", "other", "same"):
            judge(checked, answer, pair.pk)
        pair.refresh_from_db()
        assert pair.answer == "other"
        assert names_for(checked.bob, checked.event) == ["shared.png"]
        for _ in range(2):
            undo(checked, pair)
        assert not FaceDecision.objects.standing().exists()

    def test_answer_about_a_pair_of_an_earlier_check_changes_nothing(self, checked: World) -> None:
        """The host began a new check in another window since then."""
        pair = CheckedPair.objects.get(photo=checked.bobs_photo)
        face = Face.objects.get(photo=checked.bobs_photo)
        begin(checked)
        answer = CheckedPair.Answer.OTHER
        changes.judge_pair(pair=pair, answer=answer, face=face, host=checked.alice)
        changes.unjudge_pair(pair, host=checked.alice)
        assert not FaceDecision.objects.exists()

    @pytest.mark.parametrize(
        ("is_of_unreleased", "given"),
        [(True, "given once you release them"), (False, "given already")],
    )
    def test_missed_photos_are_given_at_the_release(
        self, checked: World, is_of_unreleased: bool, given: str
    ) -> None:
        CheckedPair.objects.update(stratum=PairKind.DOUBTFUL, answer=CheckedPair.Answer.SAME)
        counts = {PairKind.DOUBTFUL: 4}
        ReleaseCheck.objects.update(sizes=counts, drawn=counts, is_of_unreleased=is_of_unreleased)
        assert f"The 4 that you found are {given}." in page_of(checked)

    @pytest.mark.parametrize("decides", ["alice", "helper"])
    def test_undo_leaves_what_a_host_decided_elsewhere(
        self, checked: World, make_user: Any, decides: str
    ) -> None:
        helper = co_hosting(checked, make_user)
        pair = CheckedPair.objects.get(photo=checked.bobs_photo)
        changes.decide_about_face(
            face=Face.objects.get(photo=checked.bobs_photo),
            answer=FaceDecision.Answer.IS_NOT,
            registration=checked.event.registrations.get(user=checked.bob),
            host={"alice": checked.alice, "helper": helper}[decides],
        )
        judge(checked, "other", pair.pk)
        undo(checked, pair)
        work_off()
        assert FaceDecision.objects.standing().count() == 1
        assert "bob.png" not in names_for(checked.bob, checked.event)

    def test_all_were_seen_and_none_is_wrong(self, checked: World) -> None:
        for pair in CheckedPair.objects.all():
            judge(checked, "same", pair.pk)
        page = page_of(checked)
        assert "You judged all 4 photos that guests would get, and saw no wrong one." in page
        assert "(0 %)" not in page

    @pytest.mark.parametrize("answer", ["", "yes", "x"])
    def test_unknown_answers_are_refused(self, checked: World, answer: str) -> None:
        assert judge(checked, answer).status_code == 404

    def test_missing_pairs_count_as_unclear(self, checked: World) -> None:
        for pair in CheckedPair.objects.all():
            judge(checked, "same", pair.pk)
        erase_photo(checked.bobs_photo)
        page = page_of(checked)
        assert "Of 4 photos, up to <strong>1</strong>" in page

    def test_another_strictness_makes_it_out_of_date(self, checked: World) -> None:
        for pair in CheckedPair.objects.all():
            judge(checked, "same", pair.pk)
        assert "more or less strictly now" not in page_of(checked)
        changes.change_strictness(event=checked.event, strictness=2)
        assert "more or less strictly now" in page_of(checked)


class TestWalls:
    def test_co_host_judges_no_hidden_person(self, checked: World, make_user: Any) -> None:
        co_host = co_hosting(checked, make_user)
        hide(checked.bob)
        begin(checked, "helper")
        own = CheckedPair.objects.filter(check_of__host=co_host)
        assert {pair.registration.user for pair in own} == {checked.charlie}
        assert sum(ReleaseCheck.objects.get(host=co_host).sizes.values()) == 2
        assert "Bob" not in page_of(checked, "helper")

    def test_person_who_is_hidden_since_then_is_left_out(
        self, checked: World, make_user: Any
    ) -> None:
        co_hosting(checked, make_user)
        begin(checked, "helper")
        assert "1 of 4" in page_of(checked, "helper")
        pair = CheckedPair.objects.filter(check_of__host__email__startswith="helper").get(
            photo=checked.bobs_photo
        )
        hide(checked.bob)
        page = page_of(checked, "helper")
        assert "1 of 2" in page
        assert "Bob" not in page
        assert judge(checked, "other", pair.pk, "helper").status_code == 404
        assert "bob.png" in names_for(checked.bob, checked.event)

    def test_face_that_is_a_hidden_persons_is_not_drawn_as_another_persons(
        self, checked: World, make_user: Any
    ) -> None:
        """A host could take the photo from the hidden person without seeing from whom."""
        co_hosting(checked, make_user)
        begin(checked, "helper")
        hide(checked.bob)
        charlie = checked.event.registrations.get(user=checked.charlie)
        own = ReleaseCheck.objects.get(host__email__startswith="helper")
        own.pairs.filter(photo=checked.bobs_photo).update(registration=charlie)
        assert "1 of 2" in page_of(checked, "helper")

    def test_hosts_have_checks_of_their_own(self, checked: World, make_user: Any) -> None:
        co_hosting(checked, make_user)
        assert "Start the check" in page_of(checked, "helper")
        pair = CheckedPair.objects.first()
        assert pair
        assert judge(checked, "other", pair.pk, "helper").status_code == 404
        begin(checked, "helper")
        assert judge(checked, "other", pair.pk, "helper").status_code == 404
        assert ReleaseCheck.objects.count() == 2

    def test_withdrawal_deletes_the_pairs_of_the_person(self, checked: World) -> None:
        withdraw(user=checked.bob)
        assert {pair.registration.user for pair in CheckedPair.objects.all()} == {checked.charlie}


def co_hosting(world: World, make_user: Any) -> User:
    user: User = make_user("helper")
    world.others["helper"] = user
    CoHost.objects.create(event=world.event, user=user)
    return user


def hide(user: User) -> None:
    """Have the person agree to no text that names co-hosts."""
    EventConsent.objects.filter(registration__user=user).delete()
