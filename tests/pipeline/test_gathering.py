"""Photos that come one by one are sorted together, and nothing waits that may take photos away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of, names_for, new_user, upload
from picprocure.accounts.consent import EVENT_CONSENT
from picprocure.events.models import Event
from picprocure.events.services import close_registration
from picprocure.pipeline import changes, gathering, heartbeats, maintenance, steps, tasks
from picprocure.pipeline.app import app
from picprocure.recognition.models import Sorting
from picprocure.recognition.sorting import ComputedSorting, compute_sorting

TOOK = timedelta(seconds=20)


class Clock:
    """The time, which only the test moves."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture
def sortings(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[datetime]:
    """Make sortings take long, and return when they ended."""
    ended: list[datetime] = []

    def take_long(event: Event, **options: Any) -> ComputedSorting:
        computed = compute_sorting(event, **options)
        clock.now += TOOK
        ended.append(clock.now)
        return computed

    monkeypatch.setattr(steps, "compute_sorting", take_long)
    return ended


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that does the queued jobs, and the jobs that they queue."""
    jobs: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        app, "send_task", lambda task, args=(), **_: jobs.append((task, list(args)))
    )
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **_: call())

    def work() -> None:
        while jobs:
            task, args = jobs.pop(0)
            getattr(tasks, task.removeprefix("picprocure."))(*args)

    return work


def trickle(event: Event, serial: int) -> None:
    upload(event, fakes.stripes(fakes.BOB, serial=serial + 1), f"late-{serial}.png")


@pytest.fixture
def sorted_slowly(
    world: World, sortings: list[datetime], queue: Callable[[], None], clock: Clock
) -> World:
    """Return the world after one more photo, whose sorting took long."""
    trickle(world.event, 0)
    queue()
    assert len(sortings) == 1
    return world


def test_trickling_photos_are_sorted_once(
    sorted_slowly: World, sortings: list[datetime], queue: Callable[[], None], clock: Clock
) -> None:
    world = sorted_slowly
    for serial in range(1, 6):
        trickle(world.event, serial)
        queue()
        maintenance.sweep()
        queue()
        clock.now += timedelta(seconds=5)
    assert len(sortings) == 1
    assert names_for(world.bob, world.event) == ["bob.png", "late-0.png", "shared.png"]

    clock.now = sortings[0] + gathering.PAUSES * TOOK
    maintenance.sweep()
    queue()
    assert len(sortings) == 2
    assert len(names_for(world.bob, world.event)) == 8


def test_photo_after_the_pause_is_sorted_at_once(
    sorted_slowly: World, sortings: list[datetime], queue: Callable[[], None], clock: Clock
) -> None:
    clock.now += gathering.PAUSES * TOOK
    trickle(sorted_slowly.event, 1)
    queue()
    assert len(sortings) == 2


def test_short_sortings_are_not_gathered(world: World, queue: Callable[[], None]) -> None:
    for serial in range(3):
        trickle(world.event, serial)
        queue()
        assert f"late-{serial}.png" in names_for(world.bob, world.event)
    assert Sorting.objects.get().not_before is None


def test_pause_has_a_limit(clock: Clock) -> None:
    hour_ago = clock.now - timedelta(hours=1)
    assert gathering.end_of_gathering(hour_ago) == clock.now + gathering.MAX_PAUSE


URGENT: dict[str, Callable[[World], object]] = {
    "refusal": lambda world: changes.refuse(world.charlie.registrations.get()),
    "deleted photo": lambda world: changes.delete_photo(world.shared_photo),
    "deleted reference": lambda world: changes.delete_reference(
        user=world.charlie, reference=world.charlie.references.get()
    ),
    "admission": lambda world: changes.admit(
        registration=world.charlie.registrations.get(), reference_ids=[]
    ),
}


@pytest.mark.parametrize("name", URGENT)
def test_what_may_take_photos_away_never_waits(
    name: str, sorted_slowly: World, sortings: list[datetime], queue: Callable[[], None]
) -> None:
    trickle(sorted_slowly.event, 1)
    queue()
    assert len(sortings) == 1
    URGENT[name](sorted_slowly)
    queue()
    assert len(sortings) == 2
    assert not Sorting.objects.pending().exists()


def test_urgent_request_during_a_sorting_does_not_wait_for_its_pause(
    world: World,
    sortings: list[datetime],
    queue: Callable[[], None],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow: Callable[..., ComputedSorting] = vars(steps)["compute_sorting"]

    def sort_while_a_host_refuses(event: Event, **options: Any) -> ComputedSorting:
        computed = slow(event, **options)
        if len(sortings) == 1:
            changes.refuse(world.charlie.registrations.get())
        return computed

    monkeypatch.setattr(steps, "compute_sorting", sort_while_a_host_refuses)
    trickle(world.event, 0)
    queue()
    assert len(sortings) == 2


def test_withdrawal_takes_photos_without_any_sorting(
    sorted_slowly: World, sortings: list[datetime]
) -> None:
    assert names_for(sorted_slowly.bob, sorted_slowly.event)
    changes.withdraw(sorted_slowly.bob)
    assert names_for(sorted_slowly.bob, sorted_slowly.event) == []
    assert len(sortings) == 1


def test_people_who_join_are_gathered(
    sorted_slowly: World, sortings: list[datetime], queue: Callable[[], None], clock: Clock
) -> None:
    event = sorted_slowly.event
    event.allows_late_registration = True
    event.save()
    for number in range(3):
        guest = new_user(f"guest-{number}", (number, 90, 90))
        changes.join_event(user=guest, event=event, consent=EVENT_CONSENT)
        queue()
    assert len(sortings) == 1
    clock.now += gathering.PAUSES * TOOK
    maintenance.sweep()
    queue()
    assert len(sortings) == 2


def test_nothing_is_forgotten_if_the_worker_dies_during_a_gathered_sorting(
    sorted_slowly: World,
    sortings: list[datetime],
    queue: Callable[[], None],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    trickle(sorted_slowly.event, 1)
    queue()
    clock.now += gathering.PAUSES * TOOK
    with monkeypatch.context() as patch:
        patch.setattr(steps, "compute_sorting", die)
        maintenance.sweep()
        with pytest.raises(KeyboardInterrupt):
            queue()
    clock.now += timedelta(minutes=6)  # its lease has run out
    maintenance.sweep()
    queue()
    assert "late-1.png" in names_for(sorted_slowly.bob, sorted_slowly.event)


def test_waiting_event_is_no_problem_and_its_page_says_that_work_goes_on(
    sorted_slowly: World, queue: Callable[[], None], clock: Clock
) -> None:
    close_registration(event=sorted_slowly.event)
    trickle(sorted_slowly.event, 1)
    queue()
    clock.now += timedelta(minutes=1)
    assert not [problem for problem in heartbeats.stalls() if "sorted" in problem]
    progress = reverse("events:progress", args=[sorted_slowly.event.pk])
    page = browser_of(sorted_slowly.alice).get(progress).content.decode()
    assert "atching" in page


def test_real_sorting_that_takes_long_is_gathered(
    world: World, queue: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "GATHERED_FROM", timedelta())
    monkeypatch.setattr(gathering, "PAUSES", 1_000)
    trickle(world.event, 0)
    queue()
    trickle(world.event, 1)
    queue()
    maintenance.sweep()
    queue()
    assert "late-1.png" not in names_for(world.bob, world.event)
    Sorting.objects.update(not_before=timezone.now())
    maintenance.sweep()
    queue()
    assert "late-1.png" in names_for(world.bob, world.event)
