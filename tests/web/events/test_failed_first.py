"""The order of photos on the host's page, whichever part of it is read."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.web.events.uploads import FailedFirst

pytestmark = pytest.mark.django_db

FAILED, ANALYZED, WAITING = Photo.Status.FAILED, Photo.Status.ANALYZED, Photo.Status.WAITING
# Status, hour of capture or None, hour of upload, name; in the order of the page.
IN_ORDER = [
    (FAILED, 2, 1, "a.jpg"),
    (FAILED, None, 1, "b.jpg"),
    (ANALYZED, 1, 9, "z.jpg"),
    (WAITING, 2, 1, "y.jpg"),
    (ANALYZED, 2, 1, "z.jpg"),
    (ANALYZED, 2, 2, "a.jpg"),
    (WAITING, None, 1, "c.jpg"),
    (ANALYZED, None, 2, "a.jpg"),
    (ANALYZED, None, 2, "b.jpg"),
]


@pytest.fixture
def photos(event: Event) -> FailedFirst:
    midnight = timezone.now().replace(hour=0)
    for status, taken, uploaded, name in reversed(IN_ORDER):
        Photo.objects.create(
            event=event,
            status=status,
            taken_at=None if taken is None else midnight + timedelta(hours=taken),
            is_undated=taken is None,
            uploaded_at=midnight + timedelta(hours=uploaded),
            name=name,
            sha256=uuid4().hex,
            size_bytes=1,
            width=1,
            height=1,
        )
    return FailedFirst(event, count=len(IN_ORDER), failed=2)


def test_any_slice_has_the_photos_of_its_place(photos: FailedFirst) -> None:
    names = [name for *_, name in IN_ORDER]
    assert len(photos) == len(names)
    for start in range(len(names) + 1):
        for stop in range(start, len(names) + 3):
            assert [photo.name for photo in photos[start:stop]] == names[start:stop]
    assert [photos[index].name for index in range(len(names))] == names


def test_last_photos_are_read_from_the_end(photos: FailedFirst) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(photos[len(photos) - 2 :]) == 2
    assert "OFFSET" not in queries[-1]["sql"]


def test_position_is_the_index(photos: FailedFirst) -> None:
    assert [photos.position(photo.pk) for photo in photos] == list(range(len(IN_ORDER)))
    assert photos.position(uuid4()) == 0
