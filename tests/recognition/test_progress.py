"""What the event page says of the work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, upload
from picprocure.photos.models import Photo
from picprocure.recognition.progress import event_progress

pytestmark = pytest.mark.django_db(transaction=True)


def analyzed(world: World, *seconds_ago: float) -> None:
    now = timezone.now()
    for photo, seconds in zip(Photo.objects.analyzed(), seconds_ago, strict=True):
        Photo.objects.filter(pk=photo.pk).update(analyzed_at=now - timedelta(seconds=seconds))


def test_the_pace_is_that_of_the_last_minute(world: World) -> None:
    for serial in range(6):
        upload(world.event, fakes.stripes(fakes.BOB, serial=300 + serial), f"{serial}.png")
    analyzed(world, 2, 5, 8, 10)
    progress = event_progress(world.event)
    assert progress.pace == pytest.approx(0.3, abs=0.02)
    assert progress.done_at is not None
    left = (progress.done_at - timezone.now()).total_seconds()
    assert left == pytest.approx(6 / 0.3, rel=0.1)
    page = world.client("alice").get(reverse("events:progress", args=[world.event.pk]))
    assert "0.3 photos a second" in page.content.decode()


def test_there_is_none_while_nobody_can_tell(world: World) -> None:
    assert event_progress(world.event).pace is None  # nothing waits
    upload(world.event, fakes.stripes(fakes.BOB, serial=310), "more.png")
    analyzed(world, 90, 80, 70, 2)
    assert event_progress(world.event).pace is None
