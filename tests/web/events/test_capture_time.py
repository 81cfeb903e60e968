"""The time zone of an event, and whether downloads contain the capture time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import fakes
from conftest import World, upload
from photos import pictures as p
from photos.test_capture_time import VALID, photo
from photos.test_upload_notes import ultra_hdr
from picprocure.accounts.models import User
from picprocure.events.models import Event
from picprocure.photos.models import Photo
from picprocure.photos.upload_notes import HDR_REMOVED

pytestmark = pytest.mark.django_db(transaction=True)

DETAILS = {"name": "Picnic", "availability_days": 2}


@pytest.fixture
def alice(client: Client, make_user: Callable[..., User]) -> Client:
    client.force_login(make_user("alice", fakes.ALICE))
    return client


def select_of(page: str) -> str:
    found = re.search(r'<select name="time_zone".*?</select>', page, re.DOTALL)
    assert found
    return found[0]


def test_hosts_own_zone_is_preselected(alice: Client) -> None:
    User.objects.update(time_zone="Asia/Tokyo")
    select = select_of(alice.get(reverse("events:create")).content.decode())
    assert '<option value="Asia/Tokyo" selected>' in select
    assert "data-device-zone" not in select


def test_without_one_the_device_sets_the_zone(alice: Client, settings: Any) -> None:
    select = select_of(alice.get(reverse("events:create")).content.decode())
    assert "data-device-zone" in select
    assert f'<option value="" selected>Site default ({settings.TIME_ZONE})' in select


@pytest.mark.parametrize("zone", ["Europe/Vienna", "America/Argentina/Ushuaia", "UTC", ""])
def test_the_zone_is_stored_and_offered_again(alice: Client, zone: str) -> None:
    alice.post(reverse("events:create"), {**DETAILS, "time_zone": zone})
    event = Event.objects.get()
    assert event.time_zone == zone
    select = select_of(alice.get(reverse("events:edit", args=[event.pk])).content.decode())
    assert f'<option value="{zone}" selected>' in select
    assert "data-device-zone" not in select


@pytest.mark.parametrize(
    "zone", ["Factory", "localtime", "GMT+0", "Etc/GMT-3", "US/Eastern", "CET"]
)
def test_zones_not_named_after_a_place_are_offered_only_if_saved(alice: Client, zone: str) -> None:
    option = f'<option value="{zone}"'
    assert option not in select_of(alice.get(reverse("events:create")).content.decode())
    if zone not in available_timezones():  # "localtime", on some machines
        return
    alice.post(reverse("events:create"), DETAILS)
    Event.objects.update(time_zone=zone)
    User.objects.update(time_zone=zone)
    edit = reverse("events:edit", args=[Event.objects.get().pk])
    assert f"{option} selected>" in select_of(alice.get(edit).content.decode())
    assert f"{option} selected>" in alice.get(reverse("accounts:preferences")).content.decode()
    alice.post(edit, {**DETAILS, "name": "Renamed", "time_zone": zone})
    assert (Event.objects.get().name, Event.objects.get().time_zone) == ("Renamed", zone)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "europe/vienna", "+02:00"])
def test_invalid_zone_is_an_error_of_its_field(alice: Client, zone: str) -> None:
    page = alice.post(reverse("events:create"), {**DETAILS, "time_zone": zone}).content.decode()
    assert "Select a valid choice" in page
    assert not Event.objects.exists()


def test_capture_time_is_kept_unless_the_host_turns_it_off(alice: Client) -> None:
    page = alice.get(reverse("events:create")).content.decode()
    assert re.search(r'<input[^>]*name="keeps_time"[^>]*checked', page)
    assert "Lets photo apps sort downloads by date." in page
    alice.post(reverse("events:create"), {**DETAILS, "name": "With", "keeps_time": "on"})
    alice.post(reverse("events:create"), {**DETAILS, "name": "Without"})
    stored = {event.name: event.keeps_time for event in Event.objects.all()}
    assert stored == {"With": True, "Without": False}


@pytest.mark.parametrize(
    ("kept", "notice"),
    [
        ({"keeps_time": True}, "the time a photo was taken. Place and camera data are removed."),
        ({"keeps_metadata": True}, "place, time and camera data"),
        ({"keeps_time": False}, None),
    ],
)
def test_guests_see_what_downloads_contain(
    world: World, kept: dict[str, bool], notice: str | None
) -> None:
    Event.objects.update(**kept)
    page = world.client("bob").get(reverse("events:detail", args=[world.event.pk]))
    assert ("Downloads keep" in page.content.decode()) == bool(notice)
    assert (notice or "Alice") in page.content.decode()


def test_galleries_and_host_pages_are_in_order_of_capture(world: World) -> None:
    first, second = world.shared_photo, world.bobs_photo
    Photo.objects.filter(pk=first.pk).update(
        taken_at=datetime(2026, 6, 6, 10, tzinfo=UTC), is_undated=False
    )
    Photo.objects.filter(pk=second.pk).update(
        taken_at=datetime(2026, 6, 6, 11, tzinfo=UTC), is_undated=False
    )
    registration = world.bob.registrations.get()
    pages = [
        ("bob", reverse("galleries:gallery", args=[world.event.pk])),
        ("alice", reverse("events:photos", args=[world.event.pk])),
        ("alice", reverse("events:person", args=[world.event.pk, registration.pk])),
    ]
    for persona, address in pages:
        page = world.client(persona).get(address).content.decode()
        assert 0 < page.index(str(first.pk)) < page.index(str(second.pk)), address


def test_changed_zone_reorders_the_gallery(world: World) -> None:
    Event.objects.update(time_zone="Europe/Vienna")
    event = Event.objects.get(pk=world.event.pk)
    phone = upload(event, photo(DateTimeOriginal=VALID, OffsetTimeOriginal="+02:00"), "phone.jpg")
    camera = upload(event, photo(DateTimeOriginal="2026:06:06 15:01:00"), "camera.jpg")
    assert list(event.photos.all()[:2]) == [phone, camera]
    changed = {"name": event.name, "availability_days": 2, "time_zone": "Asia/Tokyo"}
    world.client("alice").post(reverse("events:edit", args=[event.pk]), changed)
    assert list(event.photos.all()[:2]) == [camera, phone]


# --- What isn't kept is said ---------------------------------------------------------------


def sent(world: World, accept: str) -> Any:
    uploads = [
        SimpleUploadedFile(name, content, "image/jpeg")
        for name, content in (("hdr.jpg", ultra_hdr()), ("plain.jpg", p.saved()))
    ]
    address = reverse("events:photos", args=[world.event.pk])
    return world.client("alice").post(address, {"photos": uploads}, headers={"Accept": accept})


def test_upload_reports_that_hdr_data_is_removed(world: World) -> None:
    hdr, plain = json.loads(sent(world, "application/json").content)["results"]
    assert (hdr["ok"], hdr["message"], hdr["notes"]) == (
        True,
        f"Stored. {HDR_REMOVED}",
        [HDR_REMOVED],
    )
    assert (plain["ok"], plain["message"], plain["notes"]) == (True, "Stored.", [])


def test_page_without_script_reports_it_too(world: World) -> None:
    page = sent(world, "text/html").content.decode()
    assert "Stored. The HDR data was removed; the picture itself is kept." in page
