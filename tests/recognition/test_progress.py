"""The progress that the event page displays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, upload
from picprocure.photos.models import Photo
from picprocure.recognition.progress import event_progress

pytestmark = pytest.mark.django_db(transaction=True)


def set_analyzed(world: World, *seconds_ago: float) -> None:
    now = timezone.now()
    for photo, seconds in zip(Photo.objects.analyzed(), seconds_ago, strict=True):
        Photo.objects.filter(pk=photo.pk).update(analyzed_at=now - timedelta(seconds=seconds))


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
    assert "0.3 photos per second, less than a minute left." in text


def test_pace_is_unknown_without_recent_photos(world: World) -> None:
    assert event_progress(world.event).pace is None  # nothing waits
    upload(world.event, fakes.stripes(fakes.BOB, serial=310), "more.png")
    set_analyzed(world, 90, 80, 70, 2)
    assert event_progress(world.event).pace is None
