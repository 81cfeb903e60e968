"""The kept counts of an event are those of its photos, after any steps and with several workers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

import fakes
from conftest import World, upload, work_off
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, move_registration_end
from picprocure.imaging.errors import UnreadableImage
from picprocure.photos.models import EventUsage, Photo
from picprocure.photos.usage import recount_usage
from picprocure.pipeline import changes, maintenance, steps
from picprocure.recognition.progress import event_progress
from picprocure.retention.erasure import erase_event
from picprocure.storage import files
from seeds import seeds
from threads import database_for_threads

FIGURES = ("photos", "bytes", "analyzed", "failed", "waiting_again", "unreleased", "faces")
RELEASES = list(Event.Release)


def counted() -> dict[Any, list[int]]:
    rows = EventUsage.objects.values_list("event", *FIGURES)
    return {event_id: figures for event_id, *figures in rows if any(figures)}


def actual() -> dict[Any, list[int]]:
    """Count the photos one by one, independently of the code that is tested."""
    sums: dict[Any, list[int]] = {}
    for photo in Photo.objects.all():
        is_failed = photo.status == "failed"
        figures = (
            *(1, photo.size_bytes, photo.status == "analyzed", is_failed),
            photo.status == "waiting" and photo.analyzed_at is not None,
            photo.waits_for_release and not is_failed,
            photo.face_count,
        )
        before = sums.get(photo.event_id, [0] * len(figures))
        sums[photo.event_id] = [old + new for old, new in zip(before, figures, strict=True)]
    return sums


def some_photos(event: Event, chance: random.Random, count: int = 1) -> list[Photo]:
    photos = list(event.photos.order_by("sha256"))
    return chance.sample(photos, min(count, len(photos)))


def upload_one(event: Event, chance: random.Random) -> None:
    """Upload a photo, perhaps one that the event has, and whose analysis may have failed."""
    upload(event, fakes.stripes(fakes.BOB, fakes.CHARLIE, serial=500 + chance.randrange(6)))


def analyze_one(event: Event, chance: random.Random) -> None:
    for photo in event.photos.waiting().order_by("sha256")[:1]:
        steps.analyze_photo(photo.pk)


def analyze_all(event: Event, chance: random.Random) -> None:
    work_off()


def lose_originals(event: Event, chance: random.Random) -> None:
    """Lose files of photos that are analyzed again, perhaps after they were analyzed."""
    for photo in some_photos(event, chance, 2):
        files._remove(photo.original_key)
        steps.analyze_again(Photo.objects.filter(pk=photo.pk))
    work_off()


def fail_one(event: Event, chance: random.Random) -> None:
    def find_no_faces(*_: object) -> None:
        raise UnreadableImage("photo.png", "it is torn")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "find_faces", find_no_faces)
        analyze_one(event, chance)


def crash_too_often(event: Event, chance: random.Random) -> None:
    for photo in event.photos.waiting().order_by("sha256")[:1]:
        Photo.objects.filter(pk=photo.pk).update(attempts=100)
        steps.analyze_photo(photo.pk)


def retry(event: Event, chance: random.Random) -> None:
    changes.retry_photos(event)


def analyze_again(event: Event, chance: random.Random) -> None:
    steps.analyze_again(Photo.objects.analyzed().filter(event=event))


def delete(event: Event, chance: random.Random) -> None:
    for photo in some_photos(event, chance):
        changes.delete_photo(photo)


def change_release(event: Event, chance: random.Random) -> None:
    details = EventDetails(
        name=event.name, release=chance.choice(RELEASES), allows_early_upload=True
    )
    changes.edit_event(event=event, details=details, cover=None)


def release(event: Event, chance: random.Random) -> None:
    changes.release_photos(event)


def move_close(event: Event, chance: random.Random) -> None:
    if chance.random() < 0.5:
        changes.close_registration(event)
    else:
        move_registration_end(event=event, closes_at=timezone.now() + timedelta(hours=1))


def guest_goes(event: Event, chance: random.Random) -> None:
    for registration in event.registrations.order_by("pk")[:1]:
        if chance.random() < 0.5:
            changes.withdraw(registration.user)
        else:
            changes.leave_event(event=event, user=registration.user)


def sweep(event: Event, chance: random.Random) -> None:
    if chance.random() < 0.1:
        Event.objects.filter(pk=event.pk).update(expires_at=timezone.now())
    maintenance.sweep()


STEPS: tuple[Callable[[Event, random.Random], None], ...] = (
    *(upload_one, upload_one, upload_one, analyze_one, analyze_all, analyze_all),
    *(lose_originals, fail_one, crash_too_often, retry, analyze_again, delete),
    *(change_release, release, move_close, guest_goes, sweep),
)


@pytest.mark.parametrize("seed", seeds(60, few=4))
def test_counts_are_those_of_the_photos_after_any_steps(seed: int, world: World) -> None:
    chance = random.Random(seed)
    Event.objects.update(allows_early_upload=True)
    for _ in range(30):
        event = Event.objects.live().first()
        if event is None:
            break
        step = chance.choice(STEPS)
        step(event, chance)
        assert counted() == actual(), step.__name__
        assert recount_usage() == 0


def test_progress_shows_the_counts(world: World) -> None:
    upload(world.event, fakes.stripes(fakes.BOB, serial=1), "waiting.png")
    fail_one(world.event, random.Random(1))
    upload(world.event, fakes.stripes(fakes.BOB, serial=2), "new.png")
    steps.analyze_again(Photo.objects.filter(pk=world.bobs_photo.pk))
    Photo.objects.filter(pk=world.shared_photo.pk).update(released_at=None, waits_for_release=True)
    assert recount_usage() == 1
    photos = list(Photo.objects.all())
    progress = event_progress(world.event)
    assert progress.stored == len(photos)
    assert (progress.waiting, progress.waiting_again, progress.failed) == (2, 1, 1)
    assert progress.analyzed == len(photos) - 3
    assert progress.unreleased == 1
    assert progress.faces == sum(photo.face_count for photo in photos) > 0


@pytest.mark.parametrize("wrong", [0, 1_000])
def test_wrong_counts_are_corrected_by_the_next_sorting(world: World, wrong: int) -> None:
    EventUsage.objects.update(**dict.fromkeys(FIGURES, wrong))
    changes.delete_photo(world.bobs_photo)  # whatever the counts say
    work_off()
    assert counted() == actual()


def test_wrong_and_missing_counts_are_corrected_daily(world: World) -> None:
    EventUsage.objects.update(faces=7)
    assert recount_usage() == 1
    assert counted() == actual()
    EventUsage.objects.all().delete()
    maintenance.sweep_orphans()
    assert counted() == actual()


def test_event_that_is_deleted_leaves_no_counts(world: World) -> None:
    erase_event(world.event)
    assert not EventUsage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_counts_stay_right_with_several_workers(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Uploads, analyses, a deletion and new counts at the same moment lose nothing."""
    photos = [
        upload(world.event, fakes.stripes(fakes.BOB, serial=600 + number), f"{number}.png")
        for number in range(6)
    ]
    last = photos.pop()
    jobs: list[Callable[[], object]] = [
        *(lambda photo=photo: steps.analyze_photo(photo.pk) for photo in photos),
        lambda: changes.delete_photo(last),
        lambda: upload(world.event, fakes.stripes(fakes.BOB, serial=700)),
        lambda: steps.analyze_again(Photo.objects.filter(pk=world.bobs_photo.pk)),
    ]
    at_once = threading.Barrier(len(jobs))

    def do(job: Callable[[], object]) -> None:
        try:
            at_once.wait(timeout=60)
            job()
        finally:
            connection.close()

    def both() -> tuple[Any, Any]:
        try:
            return counted(), actual()
        finally:
            connection.close()

    with database_for_threads(monkeypatch, tmp_path):
        with ThreadPoolExecutor(len(jobs)) as threads:
            list(threads.map(do, jobs))
        with ThreadPoolExecutor(1) as thread:
            kept, real = thread.submit(both).result()
    assert kept == real
