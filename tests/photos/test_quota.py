"""The counted usage of an event is always the sum of its photos, and never exceeds the limits."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

import fakes
from conftest import upload, work_off
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, create_event
from picprocure.photos.errors import NoRoom
from picprocure.photos.models import EventUsage, Photo
from picprocure.photos.quota import Room, room_in
from picprocure.photos.usage import recount_usage
from picprocure.pipeline import changes, steps
from picprocure.retention.erasure import erase_event
from picprocure.storage import files
from seeds import seeds
from threads import database_for_threads

MAX_PHOTOS = 5


@pytest.fixture
def closed(event: Event) -> Event:
    close_registration(event=event)
    event.refresh_from_db()
    return event


def another_event(creator: User) -> Event:
    details, length = EventDetails(name="Another event"), timedelta(hours=1)
    event = create_event(creator=creator, details=details, closes_at=timezone.now() + length)
    close_registration(event=event)
    return event


def assert_counted(settings: Any) -> None:
    stored = Photo.objects.order_by().values_list("event")
    sums = {
        key: (photos, size) for key, photos, size in stored.annotate(Count("pk"), Sum("size_bytes"))
    }
    usage = EventUsage.objects.values_list("event", "photos", "bytes")
    assert {key: (photos, size) for key, photos, size in usage if photos or size} == sums
    total = sum(size for _, size in sums.values())
    for event in Event.objects.all():
        photos = sums.get(event.pk, (0, 0))[0]
        assert photos <= settings.MAX_EVENT_PHOTOS
        assert room_in(event) == Room(
            settings.MAX_EVENT_PHOTOS - photos, settings.MAX_ACCOUNT_BYTES - total
        )


def add(event: Event, chance: random.Random) -> None:
    kind = fakes.sideways if chance.random() < 0.5 else fakes.stripes
    upload(event, kind(fakes.BOB, serial=chance.randrange(12)))


def delete(event: Event, chance: random.Random) -> None:
    for photo in event.photos.order_by("?")[:1]:
        changes.delete_photo(photo)


def analyze(event: Event, chance: random.Random) -> None:
    work_off()


def lose_and_upload_again(event: Event, chance: random.Random) -> None:
    """Replace the original of a photo whose analysis failed."""
    for photo in event.photos.filter(status=Photo.Status.WAITING)[:1]:
        Photo.objects.filter(pk=photo.pk).update(status=Photo.Status.FAILED, size_bytes=7)
        EventUsage.objects.filter(event=event).update(
            bytes=event.photos.aggregate(all=Sum("size_bytes"))["all"]
        )
    add(event, chance)


def erase(event: Event, chance: random.Random) -> None:
    if chance.random() < 0.2:
        erase_event(event)


STEPS: tuple[Callable[[Event, random.Random], None], ...] = (
    add,
    add,
    add,
    delete,
    analyze,
    lose_and_upload_again,
    erase,
)


@pytest.mark.parametrize("seed", seeds(60, few=4))
def test_usage_is_the_sum_after_any_steps(
    seed: int, closed: Event, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    settings.MAX_EVENT_PHOTOS = MAX_PHOTOS
    settings.MAX_ACCOUNT_BYTES = 3_000
    monkeypatch.setattr(steps, "current_engine", fakes.SidewaysEngine)
    another_event(closed.creator)
    for _ in range(25):
        events = list(Event.objects.all())
        if not events:
            break
        with contextlib.suppress(NoRoom):
            chance.choice(STEPS)(chance.choice(events), chance)
        assert_counted(settings)


def test_photo_beyond_the_limit_is_refused_and_leaves_nothing(closed: Event, settings: Any) -> None:
    upload(closed, fakes.stripes(fakes.BOB))
    settings.MAX_EVENT_PHOTOS = 1
    before = set(files.every_key())
    with pytest.raises(NoRoom, match="1 photos, which is the limit"):
        upload(closed, fakes.stripes(fakes.BOB, serial=1))
    assert closed.photos.count() == 1
    assert_counted(settings)
    files.remove_due()
    assert set(files.every_key()) == before


def test_account_is_full_with_all_its_events(
    closed: Event, settings: Any, make_user: Callable[..., User]
) -> None:
    upload(closed, fakes.stripes(fakes.BOB))
    settings.MAX_ACCOUNT_BYTES = closed.photos.get().size_bytes
    second, of_another = another_event(closed.creator), another_event(make_user("dora"))
    with pytest.raises(NoRoom, match="all your events together"):
        upload(second, fakes.stripes(fakes.BOB))
    assert room_in(second).bytes == 0
    upload(of_another, fakes.stripes(fakes.BOB))


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_the_same_moment_never_exceed_the_limit(
    closed: Event, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.MAX_EVENT_PHOTOS = 1
    at_once = threading.Barrier(2)

    def add_one(serial: int) -> bool:
        try:
            at_once.wait(timeout=60)
            upload(closed, fakes.stripes(fakes.BOB, serial=serial))
        except NoRoom:
            return False
        else:
            return True
        finally:
            connection.close()

    def stored() -> tuple[int, int]:
        try:
            return Photo.objects.count(), EventUsage.objects.get().photos
        finally:
            connection.close()

    with database_for_threads(monkeypatch, tmp_path), ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(add_one, [1, 2])) == [False, True]
        assert threads.submit(stored).result() == (1, 1)


def test_wrong_count_keeps_no_photo_from_being_deleted_and_is_corrected(
    closed: Event, settings: Any
) -> None:
    first, _ = (upload(closed, fakes.stripes(fakes.BOB, serial=n), f"{n}.png") for n in range(2))
    EventUsage.objects.update(photos=0, bytes=0)
    changes.delete_photo(first)
    assert closed.photos.count() == 1
    assert recount_usage() == 1
    assert_counted(settings)
    assert recount_usage() == 0
