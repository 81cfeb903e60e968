"""Downloads have the capture time: in the file's metadata, and as the date of the file."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.urls import reverse

import conftest
from conftest import World
from photos.pictures import SECRET, opened, saved
from photos.test_conversion import exif_of
from picprocure.events.models import Event
from picprocure.galleries.archives import gallery_archive
from picprocure.galleries.dated_zip import DatedZip
from picprocure.galleries.personal_data import personal_data_archive
from picprocure.photos.models import Photo
from picprocure.storage import files

TAKEN = datetime(2026, 6, 6, 13, 1, tzinfo=UTC)
UPLOADED = datetime(2026, 6, 7, 8, 30, 4, tzinfo=UTC)


@pytest.fixture
def dated(world: World) -> World:
    Event.objects.update(time_zone="Europe/Vienna")
    Photo.objects.update(uploaded_at=UPLOADED)
    Photo.objects.filter(pk=world.bobs_photo.pk).update(taken_at=TAKEN, is_undated=False)
    world.event.refresh_from_db()
    return world


def archive_of(world: World) -> zipfile.ZipFile:
    response = world.client("bob").get(reverse("media:archive", args=[world.event.pk]))
    body = b"".join(response)
    assert len(body) == int(response["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(body))


def modified(entry: zipfile.ZipInfo) -> datetime:
    name, length, flags, seconds = struct.unpack("<HHBi", entry.extra[:9])
    assert (name, length, flags) == (0x5455, 5, 1)
    return datetime.fromtimestamp(seconds, UTC)


def test_zip_entries_have_the_capture_time_in_the_events_zone(dated: World) -> None:
    entry = archive_of(dated).getinfo("bob.png")
    assert entry.date_time == (2026, 6, 6, 15, 1, 0)
    assert modified(entry) == TAKEN


def test_zip_entries_without_capture_time_have_the_upload_time(dated: World) -> None:
    entry = archive_of(dated).getinfo("shared.png")
    assert entry.date_time == (2026, 6, 7, 10, 30, 4)
    assert modified(entry) == UPLOADED


def test_date_does_not_reveal_a_capture_time_that_the_event_removes(dated: World) -> None:
    Event.objects.update(keeps_time=False)
    assert modified(archive_of(dated).getinfo("bob.png")) == UPLOADED
    Event.objects.update(keeps_metadata=True)
    assert modified(archive_of(dated).getinfo("bob.png")) == TAKEN


def test_two_downloads_have_the_same_bytes(dated: World) -> None:
    first, second = (
        b"".join(gallery_archive(visitor=dated.bob, event=dated.event).chunks) for _ in "12"
    )
    assert first == second


def test_personal_data_archive_is_dated_too(dated: World) -> None:
    download = personal_data_archive(dated.bob)
    body = b"".join(download.chunks)
    assert len(body) == download.size_bytes
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert modified(archive.getinfo("photos/bob.png")) == TAKEN


@pytest.mark.parametrize("names", [["a.jpg"], ["a.jpg", "b.jpg", "Grüße.jpg"]])
@pytest.mark.parametrize("year", [1990, 2026, 2038, 2107])
def test_size_is_known_in_advance(names: list[str], year: int) -> None:
    archive = DatedZip()
    archive.add("Words", "README.txt")
    for name in names:
        modified_at = datetime(year, 1, 31, 12, 0, 1, tzinfo=UTC)
        archive.add_dated([b"some ", b"bytes"], name, size=10, modified=modified_at)
    size, body = len(archive), b"".join(archive)
    assert size == len(body)
    with zipfile.ZipFile(io.BytesIO(body)) as download:
        assert download.testzip() is None
        assert download.getinfo(names[-1]).date_time == (year, 1, 31, 12, 0, 0)
        assert download.read(names[-1]) == b"some bytes"


def test_entry_of_another_size_than_announced_is_an_error() -> None:
    archive = DatedZip()
    archive.add_dated([b"bytes"], "a", size=6, modified=TAKEN)
    with pytest.raises(RuntimeError, match="5 bytes, not 6"):
        list(archive)


# --- One photo -----------------------------------------------------------------------------


def original(world: World, persona: str, **headers: str) -> Any:
    address = reverse("media:photo", args=[world.bobs_photo.pk, "original"])
    return world.client(persona).get(address, headers=headers)


def test_single_download_is_dated(dated: World) -> None:
    response = original(dated, "bob")
    assert parsedate_to_datetime(response["Last-Modified"]) == TAKEN
    assert response["Cache-Control"] == "private, no-store"


def test_conditional_requests_do_not_bypass_the_access_rule(dated: World) -> None:
    since = original(dated, "bob")["Last-Modified"]
    conditions = {"if-modified-since": since, "if-none-match": "*", "if-range": since}
    response = original(dated, "bob", **conditions)
    assert response.status_code == 200
    assert b"".join(response) != b""
    for persona in ("mallory", "charlie", "anonymous"):
        answer = original(dated, persona, **conditions)
        assert answer.status_code == 404
        assert "Last-Modified" not in answer


def test_renditions_have_no_date(dated: World) -> None:
    for size in ("thumbnail", "web"):
        address = reverse("media:photo", args=[dated.bobs_photo.pk, size])
        assert "Last-Modified" not in dated.client("bob").get(address)


def test_stored_file_has_its_capture_time_only_if_the_event_keeps_it(dated: World) -> None:
    for keeps, name in ((True, "with.jpg"), (False, "without.jpg")):
        Event.objects.update(keeps_time=keeps)
        event = Event.objects.get(pk=dated.event.pk)
        content = saved(exif=exif_of()) + name.encode()
        photo = conftest.upload(event, content, name)
        with files.open_stored(photo.original_key) as stored:
            body = stored.read()
        assert SECRET not in body
        assert (opened(body).getexif().get_ifd(0x8769).get(0x9003) is not None) == keeps
        assert conftest.upload(event, content, "again.jpg").pk == photo.pk
