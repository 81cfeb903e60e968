"""Hosts see what another strictness would change before they choose it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import fakes
from conftest import World, names_for, text_of, work_off
from picprocure.faces.thresholds import STRICTNESS_FACTORS
from picprocure.pipeline import changes, queue
from picprocure.pipeline.app import app
from picprocure.pipeline.trials import try_sorting
from picprocure.recognition import trials
from picprocure.recognition.models import Face, Match, Sorting, TrialSorting
from picprocure.recognition.sorting import event_thresholds, trial_of
from picprocure.recognition.sorting_memory import MEMORY
from picprocure.recognition.withdrawal import withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def strictest_step_delivers_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(STRICTNESS_FACTORS, 3, 1e15)
    MEMORY.forget()
    yield
    MEMORY.forget()


def page_of(world: World, persona: str = "alice") -> str:
    answer = world.client(persona).get(reverse("events:strictness", args=[world.event.pk]))
    assert answer.status_code == 200
    return text_of(answer.content)


def compare(world: World) -> None:
    world.client("alice").post(reverse("events:compare_strictness", args=[world.event.pk]))


def choose(world: World, step: object) -> int:
    address = reverse("events:strictness", args=[world.event.pk])
    return world.client("alice").post(address, {"strictness": step}).status_code


def outcome_of(world: World, step: int) -> trials.Outcome | None:
    world.event.refresh_from_db()
    steps = {one.strictness: one for one in trials.outlook(world.event).steps}
    return steps[step].outcome


def test_host_sees_what_each_step_changes_and_then_it_does(world: World) -> None:
    work_off()
    assert "Show what would change" in page_of(world)
    compare(world)
    assert "We compute what each step would change" in page_of(world)
    try_sorting(world.event.pk)
    page = page_of(world)
    assert "2 fewer for 1 guest" in page
    assert "nothing changes" in page
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
    assert choose(world, 3) == 302
    assert "Photos are being matched" in page_of(world)
    work_off()
    assert names_for(world.bob, world.event) == []
    assert "Show what would change" in page_of(world)  # what was known is out of date
    compare(world)
    try_sorting(world.event.pk)
    assert "2 more for 1 guest" in page_of(world)
    assert choose(world, 0) == 302
    work_off()
    assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]


def test_trial_changes_no_match_and_reads_nothing_again(world: World) -> None:
    changes.sort_again(world.event.pk)
    work_off()
    rows = [*Match.objects.order_by("pk").values(), *Face.objects.order_by("pk").values()]
    sorting = Sorting.objects.values().get()
    compare(world)
    with CaptureQueriesContext(connection) as queries:
        try_sorting(world.event.pk)
    assert outcome_of(world, 3) == trials.Outcome(0, 0, 2, 1, 0)
    assert rows == [*Match.objects.order_by("pk").values(), *Face.objects.order_by("pk").values()]
    assert sorting == Sorting.objects.values().get()
    sealed = [row for row in queries if 'recognition_face"."embedding" FROM' in row["sql"]]
    assert not sealed


def test_another_worker_finds_the_same_with_the_stored_clusters(world: World) -> None:
    changes.sort_again(world.event.pk)
    work_off()
    found = []
    for _ in range(2):
        compare(world)
        try_sorting(world.event.pk)
        found.append(TrialSorting.objects.get().outcomes)
        MEMORY.forget()
    assert found[0] == found[1]


def test_step_that_the_host_chooses_comes_next(world: World) -> None:
    work_off()
    compare(world)
    address = reverse("events:compare_strictness", args=[world.event.pk])
    requested = TrialSorting.objects.get().requested
    world.client("alice").post(address, {"strictness": -2})
    trial = TrialSorting.objects.get()
    assert (trial.requested, trial.asked_step) == (requested, -2)
    with trial_of(world.event, engine_version=fakes.StripeEngine.version) as (inputs, sorted_with):
        now = sorted_with(event_thresholds(world.event, inputs.faces.engine_version))
        found = trials.outcomes(world.event, now, inputs, sorted_with, lambda: -2)
        order = [step for step, _ in found]
    assert order == [-2, 1, -1, 2, 3, -3]


def test_job_may_run_twice_and_without_a_row(world: World) -> None:
    work_off()
    try_sorting(world.event.pk)
    compare(world)
    for _ in range(2):
        try_sorting(world.event.pk)
    trial = TrialSorting.objects.get()
    assert (trial.done, trial.claim, trial.compares_steps) == (trial.requested, None, False)


def test_job_waits_for_the_sorting_and_follows_it(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    work_off()
    changes.sort_again(world.event.pk)
    compare(world)
    try_sorting(world.event.pk)
    assert outcome_of(world, 3) is None
    queued: list[object] = []
    monkeypatch.setattr("picprocure.pipeline.steps.queue_pending_trial", queued.append)
    work_off()
    assert queued == [world.event.pk]
    try_sorting(world.event.pk)
    assert outcome_of(world, 3) is not None


def test_job_that_found_no_matches_is_queued_by_the_sorting_at_once(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    """It counts as queued for five minutes, and the host watches the page."""
    sent: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda task, **_: sent.append(task))
    work_off()
    changes.sort_again(world.event.pk)
    with django_capture_on_commit_callbacks(execute=True):
        compare(world)
    try_sorting(world.event.pk)
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        work_off()
    assert "picprocure.try_sorting" in sent


def test_job_that_was_requested_again_while_it_ran_is_queued_at_once(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    """The job of the second request found the first at work, and did nothing."""
    queued: list[object] = []
    work_off()
    compare(world)
    deliveries = trials.deliveries

    def and_request_again(*given: Any) -> Any:
        monkeypatch.setattr(trials, "deliveries", deliveries)
        with django_capture_on_commit_callbacks(execute=True):
            changes.begin_check(event=world.event, host=world.alice)
        try_sorting(world.event.pk)
        monkeypatch.setattr(queue, "queue_trial", queued.append)
        return deliveries(*given)

    monkeypatch.setattr(trials, "deliveries", and_request_again)
    try_sorting(world.event.pk)
    assert queued == [world.event.pk]


def test_trial_ends_when_a_sorting_was_requested(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sorting may wait for this worker, and makes the other outcomes out of date."""
    work_off()
    compare(world)
    tried = []
    between = trials.Outcome.between

    def and_choose(*given: Any) -> trials.Outcome:
        tried.append(given)
        changes.change_strictness(event=world.event, strictness=1)
        return between(*given)

    monkeypatch.setattr(trials.Outcome, "between", and_choose)
    try_sorting(world.event.pk)
    assert len(tried) == 1
    work_off()
    monkeypatch.undo()
    compare(world)
    try_sorting(world.event.pk)
    assert outcome_of(world, 0) is not None


def test_job_that_fails_again_and_again_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    settings.MAX_ERRORS = 2  # type: ignore[attr-defined]
    work_off()
    compare(world)

    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr("picprocure.recognition.sorting.sort_decided", fail)
    for _ in range(2):
        with pytest.raises(ArithmeticError):
            try_sorting(world.event.pk)
    try_sorting(world.event.pk)
    assert "This stopped several times" in page_of(world)
    monkeypatch.undo()
    compare(world)
    try_sorting(world.event.pk)
    assert "This stopped several times" not in page_of(world)


def test_trial_after_a_withdrawal_knows_the_person_no_more(world: World) -> None:
    changes.sort_again(world.event.pk)
    work_off()
    withdraw(user=world.bob)
    compare(world)
    try_sorting(world.event.pk)
    assert outcome_of(world, 3) == trials.Outcome(0, 0, 0, 0, 0)
    (kept,) = MEMORY._events.values()
    assert kept.inputs is not None
    assert world.bob.registrations.get().pk not in [one.key for one in kept.inputs.people.people]


@pytest.mark.parametrize("step", ["", "4", "-9", "x", "9" * 50])
def test_unknown_steps_change_nothing(world: World, step: str) -> None:
    assert choose(world, step) == 404
    world.event.refresh_from_db()
    assert world.event.strictness == 0


def test_step_that_the_site_no_longer_has_counts_as_its_nearest(
    world: World, settings: object
) -> None:
    world.event.strictness = -3
    world.event.save()
    settings.ONE_WRONG_IN = 50  # type: ignore[attr-defined]
    page = page_of(world)
    assert page.count("as now") == 1
    assert "generous </strong>" not in page
