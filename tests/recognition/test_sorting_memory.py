"""What a worker keeps of a sorting saves work, changes no result, and is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import fakes
from conftest import World, upload, work_off
from picprocure.recognition import kept_faces, sorting, sorting_memory
from picprocure.recognition.match_changes import write_sorting
from picprocure.recognition.models import Face, Match
from picprocure.recognition.sorting import ComputedSorting, compute_sorting
from picprocure.recognition.sorting_memory import MEMORY, SortingMemory
from picprocure.recognition.withdrawal import withdraw
from picprocure.storage import sealing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    MEMORY.forget()
    yield
    MEMORY.forget()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the contexts of the face embeddings that are unsealed."""
    contexts: list[str] = []

    def try_unseal(sealed: bytes, *, context: str) -> bytes | None:
        contexts.append(context)
        return sealing.try_unseal(sealed, context=context)

    monkeypatch.setattr(kept_faces, "try_unseal", try_unseal)
    return contexts


def computed_now(world: World) -> ComputedSorting:
    return compute_sorting(world.event, engine_version=fakes.StripeEngine.version)


def computed_by_another_worker(world: World) -> ComputedSorting:
    MEMORY.forget()
    return computed_now(world)


def sort(world: World) -> None:
    assert write_sorting(computed_now(world), is_claimed=lambda: True)


def decided(computed: ComputedSorting) -> tuple[object, ...]:
    result = computed.result
    return computed.faces.keys, result.clusters.tolist(), result.matches, result.limits


def test_another_worker_finds_the_same_after_each_change(world: World) -> None:
    work_off()
    for serial in range(4):
        upload(world.event, fakes.stripes(fakes.BOB, fakes.CHARLIE, serial=serial), f"{serial}.png")
        work_off()
        assert decided(computed_now(world)) == decided(computed_by_another_worker(world))
    world.bobs_photo.delete()
    assert decided(computed_now(world)) == decided(computed_by_another_worker(world))
    world.event.registrations.filter(user=world.bob).delete()
    assert decided(computed_now(world)) == decided(computed_by_another_worker(world))


def test_one_more_photo_opens_its_own_faces_and_writes_few_rows(
    world: World, opened: list[str]
) -> None:
    work_off()
    sort(world)
    clusters = dict(Face.objects.values_list("pk", "cluster"))
    matches = set(Match.objects.values_list("pk", "status"))
    opened.clear()
    photo = upload(world.event, fakes.stripes(fakes.BOB, serial=5), "new.png")
    with CaptureQueriesContext(connection) as queries:
        work_off()
    new = list(photo.faces.values_list("pk", flat=True))
    assert [context.split(":")[1] for context in opened] == [str(photo.pk)]
    assert clusters.items() <= dict(Face.objects.values_list("pk", "cluster")).items()
    assert matches <= set(Match.objects.values_list("pk", "status"))
    numbered = [row["sql"] for row in queries if 'SET "cluster"' in row["sql"]]
    assert len(numbered) == len(new) == 1


def test_forgotten_embeddings_leave_the_memory_at_the_next_sorting(world: World) -> None:
    work_off()
    sort(world)
    (kept,) = MEMORY._events.values()
    forgotten = set(Face.objects.filter(matches__registration__user=world.bob).values_list("pk"))
    assert forgotten
    before = kept.nbytes
    withdraw(user=world.bob)
    sort(world)
    assert kept.nbytes < before
    assert not {(key,) for key in kept.faces._opened} & forgotten


def test_a_value_that_was_moved_to_another_place_is_not_taken_from_memory(
    world: World, opened: list[str]
) -> None:
    work_off()
    sort(world)
    opened.clear()
    face = Face.objects.filter(photo=world.bobs_photo).get()
    Face.objects.filter(pk=face.pk).update(left=face.left + 1)
    computed = computed_now(world)
    assert len(opened) == 1
    assert computed.faces.unopened == {world.bobs_photo.pk}


def test_faces_whose_key_is_lost_are_not_taken_from_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_off()
    sort(world)
    monkeypatch.setattr(kept_faces, "is_key_known", lambda _: False)
    monkeypatch.setattr(kept_faces, "try_unseal", lambda *_, **__: None)
    assert computed_now(world).faces.keys == []


def test_an_error_forgets_the_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    work_off()
    sort(world)
    assert MEMORY.nbytes > 0

    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(sorting, "sort_decided", fail)
    with pytest.raises(ArithmeticError):
        computed_now(world)
    assert MEMORY.nbytes == 0


def kept_for(memory: SortingMemory, *events: object) -> None:
    for event_id in events:
        with memory.of(event_id) as kept:  # type: ignore[arg-type]
            kept.faces._opened[1] = kept_faces._Opened(b"", "", b"")


def test_events_are_forgotten_when_they_were_not_sorted_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    monkeypatch.setattr("picprocure.recognition.sorting_memory.time.monotonic", lambda: now)
    waits: list[float] = []
    monkeypatch.setattr(
        "picprocure.recognition.sorting_memory.threading.Timer", timer_that_notes(waits)
    )
    memory, first, second = SortingMemory(), uuid4(), uuid4()
    kept_for(memory, first)
    now += 400
    kept_for(memory, second)
    assert waits[-1] == sorting_memory.IDLE_SECONDS - 400
    now += 200
    memory.forget_idle()
    assert list(memory._events) == [second]
    assert waits[-1] == sorting_memory.IDLE_SECONDS - 200
    now += 400
    memory.forget_idle()
    assert memory.nbytes == 0


def timer_that_notes(waits: list[float]) -> Callable[..., object]:
    class Timer:
        daemon = False

        def __init__(self, wait: float, _: Callable[[], None]) -> None:
            waits.append(wait)

        def start(self) -> None:
            assert self.daemon  # it must not keep a worker from ending

        def cancel(self) -> None:
            pass

    return Timer


def test_a_real_timer_forgets_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting_memory, "IDLE_SECONDS", 0.01)
    memory = SortingMemory()
    kept_for(memory, uuid4())
    timer = memory._timer
    assert timer is not None
    timer.join(timeout=60)
    assert memory.nbytes == 0


def test_the_event_that_was_not_sorted_for_longest_makes_room(settings: object) -> None:
    settings.SORTING_MEMORY_BYTES = 2 * kept_faces._BYTES_PER_FACE  # type: ignore[attr-defined]
    memory, events = SortingMemory(), [uuid4() for _ in range(3)]
    kept_for(memory, *events[:2], events[0], events[2])
    assert list(memory._events) == [events[0], events[2]]
    memory.forget()


def test_nothing_is_kept_without_memory(world: World, settings: object) -> None:
    settings.SORTING_MEMORY_BYTES = 0  # type: ignore[attr-defined]
    work_off()
    sort(world)
    assert MEMORY.nbytes == 0
