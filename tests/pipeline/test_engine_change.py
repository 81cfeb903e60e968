"""Processes with different face engines work on one event: only one engine is used."""

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
def process_with(engine_version: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.StripeEngine, "version", engine_version)
        patch.setattr(quality, "check_reference", lambda image, faces: faces[0])
        yield


def versions() -> set[str]:
    return set(Photo.objects.values_list("engine_version", flat=True))


@pytest.fixture
def restarted(world: World) -> World:
    """Return a site that was restarted with a new engine while an earlier process still runs."""
    with process_with(NEW):
        use_current_engine()
    request_sorting(world.event.pk)
    return world


def test_first_engine_is_used_if_no_site_has_started(world: World) -> None:
    assert EngineInUse.objects.get().version == OLD


def test_earlier_process_leaves_photos_and_events_alone(restarted: World) -> None:
    photo = upload(restarted.event, fakes.stripes(fakes.BOB, serial=1))
    with pytest.raises(OutdatedEngine, match=r"stripes-1.*Restart"):
        steps.analyze_photo(photo.pk)
    photo.refresh_from_db()
    assert (photo.status, photo.attempts, photo.queued_at) == (Photo.Status.WAITING, 0, None)
    photo.delete()
    with pytest.raises(OutdatedEngine):
        steps.sort_event(restarted.event.pk)
    assert Sorting.objects.get().attempts == 0
    assert maintenance.requeue() == 1  # for other workers


def test_two_engines_do_not_take_turns_on_an_event(restarted: World) -> None:
    rounds = 0
    while Sorting.objects.pending().exists():
        rounds += 1
        assert rounds < 10
        for version in (OLD, NEW):  # two workers, side by side
            with process_with(version):
                try:
                    work_off()
                except OutdatedEngine:
                    assert version == OLD
    assert versions() == {NEW}
    assert set(Face.objects.values_list("engine_version", flat=True)) == {NEW}
    assert rounds <= 2


def test_photo_analyzed_by_an_earlier_process_is_analyzed_again_once(restarted: World) -> None:
    with process_with(NEW):
        work_off()
        work_off()
    Photo.objects.filter(pk=restarted.bobs_photo.pk).update(engine_version=OLD)  # it finished late
    request_sorting(restarted.event.pk)
    with process_with(NEW):
        work_off()
        work_off()
    assert versions() == {NEW}
    assert not Sorting.objects.pending().exists()


def test_earlier_process_takes_jobs_slowly_and_logs_what_to_do(
    restarted: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "IDLE_SECONDS", 0.0)
    tasks.sort_event(str(restarted.event.pk))
    assert "Restart it" in caplog.text


def test_starting_with_the_old_engine_uses_it_again(restarted: World) -> None:
    with process_with(NEW):
        work_off()
        work_off()
    use_current_engine()
    request_sorting(restarted.event.pk)
    work_off()
    work_off()
    assert versions() == {OLD}
