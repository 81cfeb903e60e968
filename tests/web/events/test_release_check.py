"""Hosts judge thirty pairs before a release, and see an estimate with its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import fakes
from conftest import World, names_for, text_of, upload, work_off
from picprocure.accounts.models import User
from picprocure.events.models import CoHost, EventConsent
from picprocure.faces.checked_pairs import PAIRS
from picprocure.pipeline import changes
from picprocure.pipeline.trials import try_sorting
from picprocure.recognition.models import CheckedPair, Face, FaceDecision, ReleaseCheck
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
        address = reverse("events:undo_judge", args=[checked.event.pk])
        checked.client("alice").post(address, {"pair": pair.pk})
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
