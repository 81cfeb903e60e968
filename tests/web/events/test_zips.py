"""Photos in a ZIP, and the limits on stored photos."""

from __future__ import annotations

import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import fakes
from conftest import World, work_off
from photos.pictures import zipped
from picprocure.photos.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)


def photo(serial: int) -> bytes:
    return fakes.stripes(fakes.BOB, serial=200 + serial)


def answer(world: World, content: bytes, name: str = "album.zip") -> dict[str, Any]:
    response = world.client("alice").post(
        reverse("events:photos", args=[world.event.pk]),
        {"photos": [SimpleUploadedFile(name, content)]},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def send(world: World, content: bytes, name: str = "album.zip") -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = answer(world, content, name)["results"]
    return results


def test_each_photo_of_a_zip_is_stored_and_sorted(world: World) -> None:
    files = {f"day {n}/IMG_{n}.png": photo(n) for n in range(3)}
    results = send(world, zipped(files))
    assert [(result["name"], result["message"]) for result in results] == [
        (f"IMG_{n}.png", "Stored.") for n in range(3)
    ]
    work_off()
    stored = Photo.objects.filter(name__startswith="IMG_")
    assert {found.status for found in stored} == {Photo.Status.ANALYZED}
    again = send(world, zipped(files, compression=zipfile.ZIP_DEFLATED), "by another name.bin")
    assert all("stored only once" in result["message"] for result in again)


def test_system_files_in_zips_are_skipped(world: World) -> None:
    beside = ["__MACOSX/._a.png", ".DS_Store", "a/Thumbs.db", "a/desktop.ini", "a/"]
    results = send(world, zipped({**dict.fromkeys(beside, b"x"), "a/one.png": photo(1)}))
    assert [result["name"] for result in results] == ["one.png"]


def test_bad_file_does_not_affect_the_others(world: World) -> None:
    results = send(world, zipped({"a.png": photo(1), "b.png": b"no photo", "c.png": photo(2)}))
    assert [result["ok"] for result in results] == [True, False, True]


def test_oversized_zip_is_refused_by_name(world: World, settings: Any) -> None:
    settings.MAX_ZIP_BYTES = 1000
    (result,) = send(world, zipped({"a.png": photo(1), "pad": b"\0" * 2000}))
    assert not result["ok"]
    assert "album.zip is" in result["message"]
    assert "the limit here is" in result["message"]


def test_zip_with_too_many_files_is_refused(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("picprocure.photos.zips.MAX_ENTRIES", 2)
    (result,) = send(world, zipped({f"{n}.png": photo(n) for n in range(3)}))
    assert "contains 3 files; the limit is 2" in result["message"]
    assert Photo.objects.count() == 4


class TestRoom:
    def test_event_accepts_photos_only_up_to_the_limit(self, world: World, settings: Any) -> None:
        settings.MAX_EVENT_PHOTOS = 5
        found = answer(world, zipped({f"{n}.png": photo(n) for n in range(3)}))
        assert [result["ok"] for result in found["results"]] == [True, False, False]
        assert "5 photos, which is the limit" in found["results"][1]["message"]
        assert found["room"]["photos"] == 0
        assert Photo.objects.count() == 5

    def test_stored_photo_needs_no_more_space(self, world: World, settings: Any) -> None:
        send(world, photo(1), "one.png")
        settings.MAX_EVENT_PHOTOS = 5
        (result,) = send(world, photo(1), "one.png")
        assert result["ok"]

    def test_account_stores_bytes_only_up_to_the_limit(self, world: World, settings: Any) -> None:
        stored = sum(Photo.objects.values_list("size_bytes", flat=True))
        settings.MAX_ACCOUNT_BYTES = stored + 10
        found = answer(world, photo(1), "one.png")
        assert not found["results"][0]["ok"]
        assert "all your events" in found["results"][0]["message"]
        assert found["room"]["bytes"] == 10

    def test_page_knows_the_remaining_space(self, world: World, settings: Any) -> None:
        settings.MAX_EVENT_PHOTOS = 7
        page = world.client("alice").get(reverse("events:photos", args=[world.event.pk]))
        assert 'data-room-photos="3"' in page.content.decode()
