"""Processes with different face engines on one event: one counts, and there is an end to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import fakes
from conftest import World, upload, work_off
from picprocure.faces.enrollment import quality
from picprocure.photos.models import Photo
from picprocure.pipeline import maintenance, steps, tasks
from picprocure.pipeline.steps import OutdatedEngine
from picprocure.recognition.engines import use_current_engine
from picprocure.recognition.models import EngineInUse, Face, Sorting
from picprocure.recognition.sorting import request_sorting

OLD, NEW = "stripes-1", "stripes-2"


@contextmanager
def a_process_with(engine_version: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "version", engine_version)
        patch.setattr(quality, "check_reference", lambda image, faces: faces[0])
        yield


def versions() -> set[str]:
    return set(Photo.objects.values_list("engine_version", flat=True))


@pytest.fixture
def restarted(world: World) -> World:
    """The site was started again with another engine; a process of before still runs."""
    with a_process_with(NEW):
        use_current_engine()
    request_sorting(world.event.pk)
    return world


def test_the_first_to_ask_decides_where_no_site_has_started(world: World) -> None:
    assert EngineInUse.objects.get().version == OLD


def test_a_process_of_before_leaves_photos_and_events_alone(restarted: World) -> None:
    photo = upload(restarted.event, fakes.stripes(fakes.BOB, serial=1))
    with pytest.raises(OutdatedEngine, match=r"stripes-1.*Restart"):
        steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert (photo.status, photo.attempts, photo.queued_at) == (Photo.Status.WAITING, 0, None)
    photo.delete()
    with pytest.raises(OutdatedEngine):
        steps.sort_event(restarted.event.pk)
    assert Sorting.objects.get().attempts == 0
    assert maintenance.requeue() == 1  # for others


def test_two_engines_do_not_analyze_an_event_in_turn(restarted: World) -> None:
    rounds = 0
    while Sorting.objects.pending().exists():
        rounds += 1
        assert rounds < 10
        for version in (OLD, NEW):  # two workers, side by side
            with a_process_with(version):
                try:
                    work_off()
                except OutdatedEngine:
                    assert version == OLD
    assert versions() == {NEW}
    assert set(Face.objects.values_list("engine_version", flat=True)) == {NEW}
    assert rounds <= 2


def test_what_a_process_of_before_had_in_hand_is_done_again_once(restarted: World) -> None:
    with a_process_with(NEW):
        work_off()
        work_off()
    Photo.objects.filter(pk=restarted.bobs_photo.pk).update(engine_version=OLD)  # it came late
    request_sorting(restarted.event.pk)
    with a_process_with(NEW):
        work_off()
        work_off()
    assert versions() == {NEW}
    assert not Sorting.objects.pending().exists()


def test_such_a_process_takes_jobs_slowly_and_says_what_to_do(
    restarted: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "IDLE_SECONDS", 0.0)
    tasks.sort_event(str(restarted.event.pk))
    assert "Restart it" in caplog.text


def test_going_back_is_a_start_with_the_old_one(restarted: World) -> None:
    with a_process_with(NEW):
        work_off()
        work_off()
    use_current_engine()
    request_sorting(restarted.event.pk)
    work_off()
    work_off()
    assert versions() == {OLD}
