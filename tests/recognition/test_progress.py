"""The progress that the event page displays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, text_of, upload, work_off
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, create_event
from picprocure.faces.thresholds import DLIB
from picprocure.photos.models import Photo
from picprocure.photos.usage import count_again
from picprocure.pipeline import changes
from picprocure.recognition import progress as progress_module
from picprocure.recognition import sorting
from picprocure.recognition.progress import event_progress
from picprocure.retention.erasure import erase_photo

pytestmark = pytest.mark.django_db(transaction=True)


NOW = timezone.now()


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the time from which the pace is measured, since the machine may be busy."""
    monkeypatch.setattr(progress_module, "timezone", SimpleNamespace(now=lambda: NOW))


def set_analyzed(world: World, *seconds_ago: float) -> None:
    for photo, seconds in zip(Photo.objects.analyzed(), seconds_ago, strict=True):
        Photo.objects.filter(pk=photo.pk).update(analyzed_at=NOW - timedelta(seconds=seconds))


def test_pace_is_measured_over_the_last_minute(world: World) -> None:
    for serial in range(6):
        upload(world.event, fakes.stripes(fakes.BOB, serial=300 + serial), f"{serial}.png")
    set_analyzed(world, 2, 5, 8, 10)
    progress = event_progress(world.event)
    assert progress.pace == pytest.approx(0.3, abs=0.02)
    assert progress.minutes_left == 0
    assert replace(progress, waiting=1_000).minutes_left == pytest.approx(1_000 / 0.3 / 60, rel=0.1)
    page = world.client("alice").get(reverse("events:progress", args=[world.event.pk]))
    text = " ".join(page.content.decode().split())
    assert "0.3 photos per second. Less than a minute left." in text


def test_pace_is_unknown_without_recent_photos(world: World) -> None:
    assert event_progress(world.event).pace is None  # nothing waits
    upload(world.event, fakes.stripes(fakes.BOB, serial=310), "more.png")
    set_analyzed(world, 90, 80, 70, 2)
    assert event_progress(world.event).pace is None


def text_for_alice(world: World) -> str:
    page = world.client("alice").get(reverse("events:progress", args=[world.event.pk]))
    return " ".join(page.content.decode().split())


def test_uploader_sees_that_other_events_take_turns(world: World) -> None:
    details, length = EventDetails(name="Another"), timedelta(hours=1)
    others = [
        create_event(creator=world.bob, details=details, closes_at=timezone.now() + length)
        for _ in range(2)
    ]
    upload(world.event, fakes.stripes(fakes.BOB, serial=320), "more.png")
    set_analyzed(world, 70, 80, 90, 100)
    assert "take turns" not in text_for_alice(world)
    assert event_progress(world.event).pace is None

    def wait_in(event: Event) -> None:
        Photo.objects.create(
            event=event, sha256="0", size_bytes=1, width=1, height=1, queued_at=timezone.now()
        )

    wait_in(others[0])
    assert "Another event is being checked, too, so the events take turns." in text_for_alice(world)
    assert event_progress(world.event).pace == pytest.approx(3 / 100, rel=0.1)
    assert "Your next photo is first in line." in text_for_alice(world)
    wait_in(others[1])
    text = "2 other events are being checked, too, so the events take turns, a few photos each."
    assert text in text_for_alice(world)
    Photo.objects.filter(event=world.event).waiting().update(queued_at=timezone.now())
    assert "Your next photo is about 3rd in line." in text_for_alice(world)
    assert "1 photo left to check. About 1 minute left." in text_for_alice(world)

    Photo.objects.filter(event=world.event).update(status=Photo.Status.ANALYZED)
    count_again([world.event.pk])
    assert "take turns" not in text_for_alice(world)  # nothing of this event waits


@pytest.fixture
def stricter(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Sort the event as if strangers were usually farther apart than in its photos.

    This holds back Bob's two photos.
    """
    far = replace(DLIB, strangers_in_photo=9, max_shift=1)
    monkeypatch.setattr(sorting, "thresholds_of", lambda _: far)
    changes.sort_again(world.event.pk)
    work_off()
    return world


class TestStrictness:
    def test_ordinary_event_has_none(self, world: World) -> None:
        progress = event_progress(world.event)
        assert (progress.held_back, progress.similar_photos) == (0, [])
        page = world.client("alice").get(reverse("events:detail", args=[world.event.pk]))
        assert b"look more alike" not in page.content

    def test_photos_with_two_people_are_named_to_hosts(self, stricter: World) -> None:
        named = {stricter.shared_photo, stricter.strangers_photo}
        progress = event_progress(stricter.event)
        assert progress.held_back == 2
        assert set(progress.similar_photos) == named
        photos = reverse("events:photos", args=[stricter.event.pk])
        for page in (photos, reverse("events:detail", args=[stricter.event.pk])):
            content = text_of(stricter.client("alice").get(page).content)
            assert "look more alike than usual" in content
            assert "This held back 2 photos." in content
            for photo in named:
                assert f'href="{photos}?photo={photo.pk}#photo-{photo.pk}">{photo.name}<' in content

    @pytest.mark.parametrize("page", ["events:detail", "events:progress", "galleries:gallery"])
    def test_guests_are_not_told(self, stricter: World, page: str) -> None:
        answer = stricter.client("bob").get(reverse(page, args=[stricter.event.pk]))
        assert answer.status_code == 200
        assert b"alike" not in answer.content
        assert str(stricter.strangers_photo.pk).encode() not in answer.content

    def test_deleted_photo_is_not_named(self, stricter: World) -> None:
        erase_photo(stricter.shared_photo)
        assert event_progress(stricter.event).similar_photos == [stricter.strangers_photo]

    def test_nothing_is_named_after_an_ordinary_sorting(
        self, stricter: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sorting, "thresholds_of", lambda _: DLIB)
        changes.delete_photo(stricter.shared_photo)
        work_off()
        progress = event_progress(stricter.event)
        assert (progress.held_back, progress.similar_photos) == (0, [])
