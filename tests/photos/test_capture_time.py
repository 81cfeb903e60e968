"""Capture times: reading them from a photo, and applying the event's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from PIL import ExifTags, Image

import conftest
from picprocure.events.models import Event
from picprocure.events.services import EventDetails, close_registration, edit_event
from picprocure.photos.capture_time import taken_at
from picprocure.photos.models import Photo
from picprocure.pipeline import changes

from . import pictures as p

VALID = "2026:06:06 15:00:00"
THREE = datetime(2026, 6, 6, 15)  # noqa: DTZ001
VIENNA_IN_SUMMER = timezone(timedelta(hours=2))


def photo(*, gps: dict[int, Any] | None = None, **tags: Any) -> bytes:
    exif = Image.Exif()
    if "DateTime" in tags:
        exif[ExifTags.Base.DateTime] = tags.pop("DateTime")
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    for name, value in tags.items():
        shot[ExifTags.Base[name]] = value
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return p.saved(exif=exif)


INVALID = [
    "0000:00:00 00:00:00",
    "    :  :     :  :  ",
    "                   ",
    "",
    "2099:01:01 00:00:00",
    "1970:01:01 00:00:00",
    "1989:12:31 23:59:59",
    "2026:02:30 10:00:00",
    "2026:06:06 25:00:00",
    "0001:01:01 00:00:00",
    "yesterday",
]


@pytest.mark.parametrize("invalid", INVALID)
def test_invalid_time_is_skipped(invalid: str) -> None:
    assert taken_at(photo(DateTimeOriginal=invalid, DateTime=VALID)) == THREE
    assert taken_at(photo(DateTimeOriginal=invalid, DateTimeDigitized=VALID)) == THREE
    assert taken_at(photo(DateTimeOriginal=invalid, DateTime=invalid)) is None


def test_original_time_is_preferred() -> None:
    later = "2026:07:07 07:07:07"
    content = photo(DateTimeOriginal=VALID, DateTimeDigitized=later, DateTime=later)
    assert taken_at(content) == THREE


@pytest.mark.parametrize(
    "text", ["2026-06-06 15:00:00", "2026:06:06T15:00:00", "2026/06/06 15:00:00"]
)
def test_unusual_formats_are_read(text: str) -> None:
    assert taken_at(photo(DateTimeOriginal=text)) == THREE


@pytest.mark.parametrize("tag", ["OffsetTimeOriginal", "OffsetTimeDigitized"])
def test_offset_of_any_tag_is_used(tag: str) -> None:
    expected = THREE.replace(tzinfo=VIENNA_IN_SUMMER)
    offset: dict[str, Any] = {tag: "+02:00"}
    captured = taken_at(photo(DateTimeOriginal=VALID, **offset))
    assert captured == expected


def test_general_offset_is_used() -> None:
    captured = taken_at(photo(DateTimeOriginal=VALID, OffsetTime="+02:00"))
    assert captured == THREE.replace(tzinfo=VIENNA_IN_SUMMER)


def test_original_offset_is_preferred() -> None:
    content = photo(DateTimeOriginal=VALID, OffsetTime="-05:00", OffsetTimeOriginal="+02:00")
    assert taken_at(content) == THREE.replace(tzinfo=VIENNA_IN_SUMMER)


@pytest.mark.parametrize("offset", ["", "   :  ", "+15:00", "+02:75", "Vienna", "Z"])
def test_invalid_offset_is_ignored(offset: str) -> None:
    assert taken_at(photo(DateTimeOriginal=VALID, OffsetTimeOriginal=offset)) == THREE


def test_gps_time_is_the_last_choice() -> None:
    gps: dict[int, Any] = {
        ExifTags.GPS.GPSDateStamp: "2026:06:06",
        ExifTags.GPS.GPSTimeStamp: (13.0, 0.0, 5.0),
    }
    captured = taken_at(photo(gps=gps, DateTimeOriginal="0000:00:00 00:00:00"))
    assert captured == datetime(2026, 6, 6, 13, 0, 5, tzinfo=UTC)
    assert taken_at(photo(gps=gps, DateTimeOriginal=VALID)) == THREE
    assert taken_at(photo(gps={ExifTags.GPS.GPSDateStamp: "2026:06:06"})) is None


# --- In an event ---------------------------------------------------------------------------


@pytest.fixture
def in_vienna(event: Event) -> Event:
    edit_event(event=event, details=EventDetails(name=event.name, time_zone="Europe/Vienna"))
    close_registration(event=event)
    return event


def names(event: Event) -> list[str]:
    return [photo.name for photo in event.photos.all()]


def test_photos_with_and_without_offset_are_in_order(in_vienna: Event) -> None:
    conftest.upload(
        in_vienna, photo(DateTimeOriginal="2026:06:06 15:02:00", OffsetTime="+02:00"), "c.jpg"
    )
    conftest.upload(in_vienna, photo(DateTimeOriginal="2026:06:06 15:01:00"), "b.jpg")
    conftest.upload(in_vienna, photo(DateTimeOriginal=VALID, OffsetTimeOriginal="+02:00"), "a.jpg")
    conftest.upload(in_vienna, p.saved(), "undated.jpg")
    assert names(in_vienna) == ["a.jpg", "b.jpg", "c.jpg", "undated.jpg"]
    moments = [photo.taken_at for photo in in_vienna.photos.all()[:3] if photo.taken_at]
    times = [f"{moment.astimezone(in_vienna.zone):%H:%M}" for moment in moments]
    assert times == ["15:00", "15:01", "15:02"]


def test_burst_is_ordered_by_fractions_of_a_second(in_vienna: Event) -> None:
    for fraction in ("9", "25", "100"):
        content = photo(DateTimeOriginal=VALID, SubsecTimeOriginal=fraction)
        conftest.upload(in_vienna, content, f"{fraction}.jpg")
    assert names(in_vienna) == ["100.jpg", "25.jpg", "9.jpg"]


def test_new_zone_of_event_changes_only_times_without_offset(in_vienna: Event) -> None:
    camera = conftest.upload(in_vienna, photo(DateTimeOriginal=VALID), "camera.jpg")
    phone = conftest.upload(
        in_vienna,
        photo(DateTimeOriginal="2026:06:06 15:00:01", OffsetTimeOriginal="+02:00"),
        "phone.jpg",
    )
    undated = conftest.upload(in_vienna, p.saved(), "undated.jpg")
    assert names(in_vienna) == ["camera.jpg", "phone.jpg", "undated.jpg"]
    for zone, hour in (("Asia/Tokyo", 6), ("America/New_York", 19), ("Europe/Vienna", 13)):
        details = EventDetails(name=in_vienna.name, time_zone=zone)
        changes.edit_event(event=in_vienna, details=details, cover=None)
        for stored in (camera, phone, undated):
            stored.refresh_from_db()
        assert camera.taken_at == datetime(2026, 6, 6, hour, tzinfo=UTC)
        assert phone.taken_at == datetime(2026, 6, 6, 13, 0, 1, tzinfo=UTC)
        assert undated.taken_at is None


def test_new_zone_of_event_keeps_time_of_photo_without_local_time(in_vienna: Event) -> None:
    old = conftest.upload(in_vienna, photo(DateTimeOriginal=VALID), "old.jpg")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    Photo.objects.filter(pk=old.pk).update(taken_local="", taken_at=long_ago)
    details = EventDetails(name="Another name", time_zone="Asia/Tokyo")
    changes.edit_event(event=in_vienna, details=details, cover=None)
    old.refresh_from_db()
    assert old.taken_at == long_ago


def test_event_without_zone_uses_zone_of_site(event: Event, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    close_registration(event=event)
    stored = conftest.upload(event, photo(DateTimeOriginal=VALID), "a.jpg")
    stored.refresh_from_db()
    assert stored.taken_at == datetime(2026, 6, 6, 19, tzinfo=UTC)


def test_zone_that_changes_during_upload_is_used(in_vienna: Event) -> None:
    event_before_change = Event.objects.get(pk=in_vienna.pk)
    Event.objects.update(time_zone="Asia/Tokyo")
    stored = conftest.upload(event_before_change, photo(DateTimeOriginal=VALID), "a.jpg")
    stored.refresh_from_db()
    assert stored.taken_at == datetime(2026, 6, 6, 6, tzinfo=UTC)
